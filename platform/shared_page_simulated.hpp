#pragma once

#include <array>
#include <map>
#include <mutex>

#include "vesta/platform/shared_page.hpp"

namespace vesta::platform {

/// Shared pages inside one process. The pages must not outlive this. Thread-safe.
class simulated_shared_pages final : public shared_pages {
public:
  absl::StatusOr<std::unique_ptr<shared_page>> create(const std::string& name) override;
  absl::StatusOr<std::unique_ptr<shared_page_view>> open(const std::string& name) const override;
  std::vector<std::string> list(std::string_view prefix) const override;
  void remove_dead(std::string_view prefix) override;

  /// The owner of this page dies and leaves it behind.
  void kill(const std::string& name);

private:
  struct memory {
    alignas(shared_page_bytes) std::array<shared_word, shared_page_words> words{};
    std::atomic<bool> owned = true;
  };
  class page;
  class view;

  void give_up(const std::string& name, const std::shared_ptr<memory>& mine);

  mutable std::mutex mutex_;
  std::map<std::string, std::shared_ptr<memory>, std::less<>> pages_; ///< guarded by `mutex_`
};

} // namespace vesta::platform
