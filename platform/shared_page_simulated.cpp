#include "vesta/platform/shared_page_simulated.hpp"

#include <fmt/format.h>

namespace vesta::platform {

class simulated_shared_pages::page final : public shared_page {
public:
  page(simulated_shared_pages& home, std::string name, std::shared_ptr<memory> mine)
      : home_(home), name_(std::move(name)), mine_(std::move(mine)) {}
  ~page() override { home_.give_up(name_, mine_); }
  std::span<shared_word, shared_page_words> words() override { return mine_->words; }

private:
  simulated_shared_pages& home_;
  const std::string name_;
  const std::shared_ptr<memory> mine_;
};

class simulated_shared_pages::view final : public shared_page_view {
public:
  explicit view(std::shared_ptr<const memory> seen) : seen_(std::move(seen)) {}
  std::span<const shared_word, shared_page_words> words() const override { return seen_->words; }
  bool owner_lives() const override { return seen_->owned; }

private:
  const std::shared_ptr<const memory> seen_;
};

absl::StatusOr<std::unique_ptr<shared_page>> simulated_shared_pages::create(const std::string& name) {
  const std::lock_guard lock{mutex_};
  auto& here = pages_[name];
  if (here && here->owned)
    return absl::AlreadyExistsError(fmt::format("the shared page {} belongs to somebody else", name));
  here = std::make_shared<memory>();
  return std::make_unique<page>(*this, name, here);
}

absl::StatusOr<std::unique_ptr<shared_page_view>>
simulated_shared_pages::open(const std::string& name) const {
  const std::lock_guard lock{mutex_};
  const auto it = pages_.find(name);
  if (it == pages_.end()) return absl::NotFoundError(fmt::format("cannot open the shared page {}", name));
  return std::make_unique<view>(it->second);
}

std::vector<std::string> simulated_shared_pages::list(std::string_view prefix) const {
  const std::lock_guard lock{mutex_};
  std::vector<std::string> names;
  for (const auto& [name, each] : pages_)
    if (name.starts_with(prefix)) names.push_back(name);
  return names;
}

void simulated_shared_pages::remove_dead(std::string_view prefix) {
  const std::lock_guard lock{mutex_};
  std::erase_if(pages_,
                [&](const auto& each) { return each.first.starts_with(prefix) && !each.second->owned; });
}

void simulated_shared_pages::kill(const std::string& name) {
  const std::lock_guard lock{mutex_};
  if (const auto it = pages_.find(name); it != pages_.end()) it->second->owned = false;
}

/// One that was killed has left its page to whoever comes next.
void simulated_shared_pages::give_up(const std::string& name, const std::shared_ptr<memory>& mine) {
  const std::lock_guard lock{mutex_};
  if (mine->owned.exchange(false)) pages_.erase(name);
}

} // namespace vesta::platform
