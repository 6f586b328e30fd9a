// How the state of a logical actor begins, is kept and comes back.

#include <algorithm>
#include <spdlog/spdlog.h>

#include "vesta/messages/prelude.hpp"
#include "vesta/runtime/checkpoint_writer.hpp"
#include "vesta/runtime/logical_actor.hpp"
#include "vesta/runtime/timer_clock.hpp"

namespace vesta {

/// The state that an earlier process has left on disk, if any. False when there is one that cannot be used.
bool logical_actor::load_saved() {
  auto found = setup_.node->states->load(setup_.spec->name, *setup_.spec->on_disk);
  if (absl::IsNotFound(found.status())) return true;
  message_number_ = in_hand_ ? in_hand_->number : 0;
  if (!found.ok()) {
    report({error_code::start_failed, category::io, std::string(found.status().message())});
    return false;
  }
  for (const auto& each : found->skipped) spdlog::log(spdlog::level::warn, each);
  checkpoint_.assign(found->state.bytes.begin(), found->state.bytes.end());
  return true;
}

/// Makes the next incarnation, the first one in this process or not. One that goes on from a checkpoint keeps
/// its timers, and what its constructor sends is dropped, since the first one has sent it; one that begins
/// anew loses the old timers.
bool logical_actor::build(bool first) {
  const bool goes_on = !checkpoint_.empty();
  ++incarnation_number_;
  if (!goes_on) {
    ++timer_epoch_;
    close_requests();
    drop_answers();
  }
  muted_ = goes_on && !first;
  message_number_ = in_hand_ ? in_hand_->number : 0;
  now_ns_ = 0;
  asked_ = constructors_first_request;
  auto asked_before = asked_; // what a muted constructor asks is the first one's, and may be open still
  const auto unmute = [&] {
    if (std::exchange(muted_, false)) asked_before = asked_;
  };
  auto error = caught_in(
      [&] {
        if (fault_) trip_up(inject_fault::place::start);
        incarnation_ = setup_.spec->make(*this);
        unmute();
        flush();
        if (book_) begin_calls();
        if (level_ != service_level{}) incarnation_->adapt(level_);
        if (incarnation_->keeps_state() && !goes_on) take_checkpoint();
      },
      error_code::start_failed);
  unmute();
  if (!error) return true;
  drop_attempt(asked_before);
  incarnation_.reset();
  report(*std::move(error));
  return false;
}

/// Puts the state back to where it was before the message in hand: the checkpoint, then the inputs since.
bool logical_actor::restore() {
  muted_ = true;
  bool was_loaded = false;
  auto error = caught_in(
      [&] {
        incarnation_->load(checkpoint_);
        was_loaded = true;
        inputs_.replay([&](envelope& again) {
          now_ns_ = again.at_ns;
          message_number_ = again.number;
          asked_ = 0;
          incarnation_->handle(again, nullptr, nullptr);
        });
        if (level_ != service_level{}) incarnation_->adapt(level_);
      },
      error_code::handler_failed);
  muted_ = false;
  if (!error) return true;
  // The handlers do not depend on state and message alone, so the past cannot be had back: begin from the
  // checkpoint.
  if (was_loaded) inputs_.clear();
  message_number_ = in_hand_ ? in_hand_->number : 0;
  report(*std::move(error));
  return false;
}

/// False when the state cannot be saved: then it can still be had from the last checkpoint and the inputs
/// since.
bool logical_actor::remember(envelope_ptr& served) {
  const auto& spec = *setup_.spec;
  const bool wanted = std::exchange(checkpoint_wanted_, false);
  if (wanted || inputs_.size() + 1 >= spec.checkpoint_every) {
    const bool saved = try_checkpoint();
    inputs_until_look_ = saved ? std::max(spec.checkpoint_every, 1U) - 1 : 0;
    if (!saved) log_input(served);
    return saved;
  }
  log_input(served);
  inputs_until_look_ = spec.checkpoint_every - 1 - static_cast<std::uint32_t>(inputs_.size());
  if (spec.checkpoint_interval.count() == 0 || std::exchange(checkpoint_is_due_, true)) return true;
  detail::deliver_later(*setup_.node->timers, spec.checkpoint_interval.count(), address(),
                        seal(save_checkpoint{}));
  return true;
}

bool logical_actor::try_checkpoint() {
  auto error = caught_in([&] { take_checkpoint(); }, error_code::handler_failed);
  if (error) report(*std::move(error));
  return !error;
}

void logical_actor::take_checkpoint() {
  incarnation_->save(checkpoint_);
  if (!inputs_.empty()) inputs_.clear();
  const auto& spec = *setup_.spec;
  if (spec.on_disk) setup_.node->states->save(spec.name, spec.on_disk->current, checkpoint_);
  const bool is_all = incarnation_->keeps_plain_state() && spec.checkpoint_every == 1 && !spec.on_disk;
  // What a handler that was given up has done is not to be kept, and it may return at any time.
  plain_checkpoint_ = is_all && !watched_ ? checkpoint_.data() : nullptr;
}

void logical_actor::save_now() {
  checkpoint_is_due_ = false;
  inputs_until_look_ = 0;
  if (mode_ == mode::running && !inputs_.empty()) try_checkpoint();
}

} // namespace vesta
