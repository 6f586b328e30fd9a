#pragma once

#include <caf/behavior.hpp>
#include <caf/local_actor.hpp>
#include <caf/resumable.hpp>

#include <atomic>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "vesta/runtime/inbox.hpp"
#include "vesta/runtime/send.hpp"

namespace vesta {

/// To a sender that was held up.
struct room_again {
  std::uint64_t number = 0; ///< of `held_up`
};
VESTA_LOCAL_MESSAGE(room_again);

/// A CAF actor with an inbox of its own in place of CAF's: half the size, and several times as fast where
/// both ends are of this kind. Every CAF handle reaches it, and it can be monitored and linked to; messages
/// that come through CAF are foreign ones to it. It answers none of CAF's own messages but the exit message,
/// which is urgent and ends it.
class inbox_actor : public caf::local_actor, public caf::resumable {
public:
  using signatures = caf::none_t;
  using behavior_type = caf::behavior;

  explicit inbox_actor(caf::actor_config& config);

  /// The actor behind an address if it is of this kind, else null. Any thread.
  static inbox_actor* behind(const caf::strong_actor_ptr& address) {
    return address ? behind(address.get()) : nullptr;
  }
  static inbox_actor* behind(caf::actor_control_block* address) {
    auto* actor = address->get();
    return actor->getf(kind_flag) ? static_cast<inbox_actor*>(actor) : nullptr;
  }

  /// Takes a list of messages; `from` is what the sender runs on, or null. What there is no room for is
  /// refused, and so is all when it has ended. The caller has a reference. Any thread.
  void accept(const parcel& what, caf::execution_unit* from) {
    if (take_in(what, nullptr)) add_turn(from);
  }
  /// The same for an actor that sends: it is held up where the inbox holds up its senders. True: this actor
  /// waited, and it is the caller's to `begin_turn`.
  bool take_in(const parcel& what, inbox_actor* sender) {
    if (line_ || what.urgent) [[unlikely]]
      return take_in_otherwise(what, sender);
    auto how = inbox_.push(what.first, what.last, what.count);
    if (how == inbox::result::full && what.count == 1) how = push_into_full(*what.first);
    return after_push(what, sender, how);
  }
  /// Has it run, by `from` or whoever runs such. The scheduler gets the caller's reference, unless
  /// `lives_with_node`.
  void begin_turn(caf::execution_unit* from) { from ? from->exec_later(this) : begin_turn(); }
  /// Its node keeps it to the end, so that nobody else in that node has to count references on its way.
  bool lives_with_node() const { return lives_with_node_; }
  void live_with_node() { lives_with_node_ = true; }

  /// What this thread wrote so far, the actor sees from its next message on, whoever sends it.
  void publish() { inbox_.publish(); }
  /// As `inbox::waiting`.
  std::size_t waiting() const { return inbox_.waiting(); }
  /// What it receives next, null for nothing; for the scheduler that is about to run it.
  const envelope* peek() { return inbox_.peek(); }
  /// Any thread.
  bool has_ended() const { return inbox_.is_closed(); }

  void enqueue(caf::mailbox_element_ptr what, caf::execution_unit* from) override;
  void launch(caf::execution_unit* unit, bool lazy, bool hide) override;
  bool cleanup(caf::error&& reason, caf::execution_unit* unit) override;
  subtype_t subtype() const override { return resumable_kind; }
  resume_result resume(caf::execution_unit* unit, std::size_t limit) override;
  void intrusive_ptr_add_ref_impl() override { add_turn_reference(); }
  void intrusive_ptr_release_impl() override {
    if (!lives_with_node_) intrusive_ptr_release(ctrl());
  }

  /// What the last turn on this thread was worth: messages handled, and those sent beyond that.
  static std::size_t spent() { return spent_ & ~outrun; }
  /// On this thread, turns end with the first message that is done by then, on the steady clock; 0: nobody
  /// looks at the clock.
  static void end_turns_at(platform::nanoseconds when) { turns_end_ns_ = when; }
  /// It sent to one who has fallen behind, which has ended its turn.
  static bool outran() { return (spent_ & outrun) != 0; }
  /// Learnt and used by the hosted scheduler.
  std::atomic<float> message_cost_ns{1000};

  /// How the scheduler tells this kind from others; CAF gives this one to brokers, which it never sees.
  static constexpr subtype_t resumable_kind = io_actor;

protected:
  ~inbox_actor() override = default;

  /// On the thread that the actor runs on. What is left in `what` is destroyed behind it.
  virtual void receive(envelope_ptr& what) = 0;
  /// Before each message that is received: whom the one before has made ready does not wait for it, which may
  /// last; others may run that one.
  static void share_next() {
    if (detail::next_of_this_thread) [[unlikely]]
      detail::unit_of_this_thread->exec_later(std::exchange(detail::next_of_this_thread, nullptr));
  }
  /// A handler that sends much has its turn shortened by this, so that receivers keep up with it.
  static void spend(std::size_t messages) { spent_ += messages; }
  /// Whether it comes in though the inbox is full. On the sender's thread, as the next one.
  virtual bool always_takes(envelope& what) = 0;
  /// The inbox is full.
  virtual void refuse_at_door(envelope_ptr what) = 0;
  /// Ends the actor once the message in hand has been received.
  void end_life() { ends_ = true; }
  /// Does that on the calling thread, which runs on `unit`, as if a message had been received. False, and
  /// nothing done, when the actor does not wait for one.
  template <class Work>
  bool visit(caf::execution_unit* unit, Work work) {
    if (!inbox_.try_unblock()) return false;
    context(unit);
    work();
    after_visit(unit);
    return true;
  }
  /// The actor ends: nothing is received any more.
  virtual void ended() = 0;
  /// It has ended. On a sender's thread.
  virtual void refuse_after_end(envelope& what);
  /// Where the oldest messages may go for new ones, `drops_oldest`, they are told to `dropped`.
  void inbox_limit(std::size_t messages, bool drops_oldest = false) {
    drops_oldest ? inbox_.limit_dropping(messages) : inbox_.limit(messages);
  }
  /// On a sender's thread.
  virtual void dropped(std::size_t) {}
  /// From now on actors that send more than there is room for are held up, instead of being refused.
  void hold_up_senders() { line_ = std::make_unique<waiting_senders>(); }
  /// While it is narrow there is room for nothing. For such an inbox alone.
  void narrow_inbox(bool now) { line_->narrow.store(now, std::memory_order_relaxed); }
  /// This actor is held up, on its own thread; `room_again` with the number that it returns ends that. Never
  /// for an actor that holds nothing back.
  virtual std::uint64_t held_up() { return 0; }
  /// While it is shut, questions are refused at the door. Any thread.
  void shut_inbox(bool now) { inbox_.shut(now); }
  bool inbox_is_shut() const { return inbox_.is_shut(); }
  /// Where nothing is received meanwhile: as `inbox::sweep`.
  template <class Drop>
  void sweep_inbox(Drop drop) {
    inbox_.sweep(drop);
  }

private:
  /// Who is held up by this inbox.
  struct waiting_senders {
    std::atomic<bool> narrow = false;
    /// Both sides write it, so whoever comes second sees what the first one did before.
    std::atomic<std::uint32_t> waiting = 0;
    std::mutex mutex; ///< for what follows
    std::vector<std::pair<caf::strong_actor_ptr, std::uint64_t>> senders;
  };
  inbox::result push_and_hold_up(const parcel& what, inbox_actor& sender);
  bool has_room() const;
  void let_senders_go_on();
  void end_turn() {
    if (line_) [[unlikely]]
      look_at_line();
  }
  void look_at_line();
  bool take_in_otherwise(const parcel& what, inbox_actor* sender);
  /// As `take_in`.
  bool after_push(const parcel& what, const inbox_actor* sender, inbox::result how) {
    if (how == inbox::result::accepted) return false;
    if (how == inbox::result::crowded) {
      if (sender) spent_ |= outrun;
      return false;
    }
    return how == inbox::result::unblocked || after_refusal(what, how);
  }
  bool after_refusal(const parcel& what, inbox::result how);
  void begin_turn();
  void add_turn_reference() {
    if (!lives_with_node_) intrusive_ptr_add_ref(ctrl());
  }
  void add_turn(caf::execution_unit* from) {
    add_turn_reference();
    begin_turn(from);
  }
  void after_visit(caf::execution_unit* unit);
  inbox::result push_into_full(envelope& what);

  static constexpr int kind_flag = 0x20000000; ///< CAF uses those below and above

  bool ends_ = false;
  bool lives_with_node_ = false;          ///< from before the first message on
  std::unique_ptr<waiting_senders> line_; ///< null unless senders are held up
  alignas(64) inbox inbox_;
  /// Of the turn at hand; the thread's, since an actor that waits may be running elsewhere by the end of it.
  static inline constinit thread_local std::size_t spent_ = 0;
  static inline constinit thread_local platform::nanoseconds turns_end_ns_ = 0;
  static constexpr std::size_t outrun = std::size_t{1} << 63; ///< more than any turn
};

} // namespace vesta
