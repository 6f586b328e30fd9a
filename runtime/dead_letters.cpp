#include "vesta/runtime/dead_letters.hpp"

#include <algorithm>
#include <stdexcept>

#include "vesta/messages/prelude.hpp"
#include "vesta/runtime/directory.hpp"
#include "vesta/runtime/send.hpp"

namespace vesta {
namespace {

/// The message alone, without who asked. One that CAF never sees stays as it is: whoever asked it has been
/// told, and drops a second answer.
envelope_ptr without_asker(envelope_ptr what) {
  if (!what->type) return seal(foreign_message{std::move(what->foreign().content), {}});
  try {
    return seal(foreign_message{what->type->wrap(what->content()), {}});
  } catch (const std::logic_error&) {
    return what;
  }
}

} // namespace

std::string content_text(const dead_letter& letter) {
  return letter.content.empty() ? letter.message : caf::to_string(letter.content);
}

std::uint64_t dead_letters::add(dead_letter about, envelope_ptr what) {
  about.message = what->name();
  about.message_number = what->number;
  auto alone = without_asker(std::move(what));
  if (!alone->type) about.content = alone->foreign().content;
  std::deque<kept> dropped; // destroyed when the mutex is free
  const std::lock_guard lock{mutex_};
  about.id = ++last_id_;
  kept_.push_back({std::move(about), std::move(alone)});
  for (; kept_.size() > most_; ++lost_) {
    dropped.push_back(std::move(kept_.front()));
    kept_.pop_front();
  }
  return last_id_;
}

std::vector<dead_letter> dead_letters::list() const {
  std::vector<dead_letter> all;
  const std::lock_guard lock{mutex_};
  for (const auto& each : kept_) all.push_back(each.about);
  return all;
}

std::size_t dead_letters::size() const {
  const std::lock_guard lock{mutex_};
  return kept_.size();
}

std::uint64_t dead_letters::lost() const {
  const std::lock_guard lock{mutex_};
  return lost_;
}

bool dead_letters::replay(std::uint64_t id) {
  auto letter = take(id);
  if (!letter.what) return false;
  if (const auto to = actors_.find(letter.about.actor))
    detail::deliver(to->address.get(), std::move(letter.what));
  return true;
}

bool dead_letters::discard(std::uint64_t id) { return take(id).what != nullptr; }

dead_letters::kept dead_letters::take(std::uint64_t id) {
  const std::lock_guard lock{mutex_};
  const auto found = std::ranges::lower_bound(kept_, id, {}, [](const kept& each) { return each.about.id; });
  if (found == kept_.end() || found->about.id != id) return {};
  auto taken = std::move(*found);
  kept_.erase(found);
  return taken;
}

} // namespace vesta
