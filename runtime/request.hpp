#pragma once

#include <caf/actor_control_block.hpp>

#include <cstdint>
#include <functional>
#include <utility>

#include "vesta/messages/errors.hpp"
#include "vesta/runtime/send.hpp"

namespace vesta {

/// What comes of a `context::ask`: the reply, or why there is none. It comes exactly once, as a message, so
/// that a rollback can run it again; an actor that asks has it among its `own_messages`.
template <class Reply>
struct answer {
  std::uint64_t request = 0; ///< what `ask` returned
  /// `none` when there is a reply; `request_timed_out`, or what befell the other actor.
  error_code code = error_code::none;
  Reply value{};
};

template <class Inspector, class Reply>
typename Inspector::result_type inspect(Inspector& f, answer<Reply>& x) {
  return f(caf::meta::type_name("answer"), x.request, x.code, x.value);
}

namespace detail {

/// A question on its way to one of Vesta's actors.
template <class Question>
struct asked {
  caf::strong_actor_ptr asker;
  std::uint64_t request = 0;
  Question question;
};

/// Instead of an answer.
struct request_failed {
  std::uint64_t request = 0;
  error_code code = error_code::none;
};

/// The answer of an actor that only CAF reaches: the reply, or CAF's error.
struct foreign_answer {
  std::uint64_t request = 0;
  caf::message content;
};

template <class T>
std::uint64_t request_of(const void* message) {
  return static_cast<const T*>(message)->request;
}

template <class Question>
void decline(void* message, error_code why) {
  const auto& question = *static_cast<asked<Question>*>(message);
  deliver(question.asker.get(), seal(request_failed{question.request, why}));
}

template <class T>
inline constexpr request_meta answer_meta{.id = request_of<T>, .decline = nullptr};
template <class Question>
inline constexpr request_meta question_meta{.id = request_of<asked<Question>>, .decline = decline<Question>};

/// How an answer is made where the type of its reply is known no more. `content` is the reply, or null.
using answer_maker = envelope_ptr (*)(std::uint64_t request, error_code code, const caf::message* content);

template <class Reply>
envelope_ptr make_answer(std::uint64_t request, error_code code, const caf::message* content) {
  answer<Reply> made{.request = request, .code = code};
  if (content && content->match_elements<Reply>()) made.value = content->get_as<Reply>(0);
  return seal(std::move(made));
}

/// A question that can be asked again.
struct repeatable_question {
  caf::strong_actor_ptr to;
  std::function<envelope_ptr(const caf::strong_actor_ptr& asker, std::uint64_t request)> seal;
  answer_maker make = nullptr;
};

/// The reply that the actors behind this handle type give to the question.
template <class List>
struct only_type;
template <class T>
struct only_type<caf::detail::type_list<T>> {
  static_assert(!std::is_void_v<T>, "the other actor does not answer this message: send it");
  using type = std::conditional_t<std::is_void_v<T>, std::nullptr_t, T>;
};
template <class Handle, class Question>
using reply_of =
    typename only_type<typename caf::response_type_unbox<caf::signatures_of_t<Handle>,
                                                         caf::detail::type_list<Question>>::type>::type;

/// Whether that is the reply of actors behind this handle type. Untyped handles say so of any.
template <class Handle, class Question, class Reply>
inline constexpr bool answers_with = std::is_same_v<reply_of<Handle, Question>, Reply>;
template <class Question, class Reply>
inline constexpr bool answers_with<caf::actor, Question, Reply> = true;

} // namespace detail

/// Only what waits for an answer is told from the rest; for CAF a question is the plain message.
template <class Question>
struct message_type<detail::asked<Question>> {
  static constexpr message_meta meta = {
      .name = detail::message_name<Question>(),
      .size = sizeof(detail::asked<Question>),
      .destroy = [](void* message) { static_cast<detail::asked<Question>*>(message)->~asked(); },
      .wrap =
          [](void* message) {
            return vesta::wrap(std::move(static_cast<detail::asked<Question>*>(message)->question));
          },
      .request = &detail::question_meta<Question>};
};

template <class Reply>
struct message_type<answer<Reply>> {
  static constexpr message_meta meta = {
      .name = "answer",
      .size = sizeof(answer<Reply>),
      .destroy = [](void* message) { static_cast<answer<Reply>*>(message)->~answer(); },
      .wrap =
          [](void* message) {
            return detail::caf_message_of(std::move(*static_cast<answer<Reply>*>(message)));
          },
      .request = &detail::answer_meta<answer<Reply>>};
};

template <>
struct message_type<detail::request_failed> {
  static const message_meta meta;
};
template <>
struct message_type<detail::foreign_answer> {
  static const message_meta meta;
};

} // namespace vesta
