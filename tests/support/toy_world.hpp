#pragma once

#include "support/fake_module.hpp"
#include "support/toy.hpp"

namespace vesta::test::toy_modules {

inline int heat_up(const vesta_frame* frame) {
  auto* heat = static_cast<std::uint32_t*>(frame->columns[0]);
  for (auto row = frame->begin; row < frame->end; ++row) ++heat[row];
  return 0;
}

inline fake_module alpha_like(int (*step)(const vesta_frame*) = heat_up) {
  fake_module made{"alpha"};
  made.column("things", "heat", VESTA_OWN, VESTA_U32, 1);
  made.descriptor.table = "things";
  made.descriptor.step = step;
  return made;
}

/// Heats every thing by one a frame. The entry of an image, as those below.
inline const vesta_module* alpha() {
  static fake_module made = alpha_like();
  static const auto* descriptor = made.get();
  return descriptor;
}

/// Counts the game's speed into the one row of sums.
inline const vesta_module* beta() {
  static fake_module made = [] {
    fake_module it{"beta"};
    it.column("sums", "way", VESTA_OWN, VESTA_F64);
    it.parameters = {"speed"};
    it.descriptor.step = [](const vesta_frame* frame) {
      *static_cast<double*>(frame->columns[0]) += frame->parameters[0];
      return 0;
    };
    return it;
  }();
  static const auto* descriptor = made.get();
  return descriptor;
}

/// Alpha with one column more.
inline const vesta_module* alpha_with_smoke() {
  static fake_module made = alpha_like().column("things", "smoke", VESTA_OWN, VESTA_U8, 9);
  static const auto* descriptor = made.get();
  return descriptor;
}

/// Alpha whose district 1 gives up with code 0x7001 and a sentence.
inline const vesta_module* alpha_that_fails() {
  static fake_module made = alpha_like([](const vesta_frame* frame) {
    if (frame->district == 0) return heat_up(frame);
    frame->host->fail(frame, "too hot");
    return 0x7001;
  });
  static const auto* descriptor = made.get();
  return descriptor;
}

/// Alpha that writes to nowhere.
inline const vesta_module* alpha_that_crashes() {
  static fake_module made = alpha_like([](const vesta_frame*) {
    volatile std::uintptr_t nowhere = 16;
    *reinterpret_cast<volatile int*>(nowhere) = 1;
    return 0;
  });
  static const auto* descriptor = made.get();
  return descriptor;
}

/// Alpha whose own check does not hold.
inline const vesta_module* alpha_in_doubt() {
  static fake_module made = [] {
    auto it = alpha_like();
    it.descriptor.check = [](const vesta_frame* frame) {
      frame->host->fail(frame, "a thing is cold");
      return 0x7002;
    };
    return it;
  }();
  static const auto* descriptor = made.get();
  return descriptor;
}

/// Alpha that wants a table which the game does not have.
inline const vesta_module* alpha_of_another_game() {
  static fake_module made = alpha_like().column("clouds", "rain", VESTA_OWN, VESTA_U8);
  static const auto* descriptor = made.get();
  return descriptor;
}

/// Alpha, built against another vesta/module.h.
inline const vesta_module* alpha_of_another_interface() {
  static fake_module made = [] {
    auto it = alpha_like();
    it.descriptor.abi = 7;
    return it;
  }();
  static const auto* descriptor = made.get();
  return descriptor;
}

using entry = const vesta_module* (*)();

/// Puts the world of the toy game in its place, made of alpha (or another first module) and beta.
inline void make_world(toy_session& toy, entry first = alpha) {
  auto made = world::create({.game = toy.about.game, .seed = 1, .districts = toy.about.districts},
                            {{.descriptor = first()}, {.descriptor = beta()}});
  REQUIRE(made.ok());
  REQUIRE_FALSE((*made)->init());
  toy.slot.set(std::move(*made));
}

} // namespace vesta::test::toy_modules
