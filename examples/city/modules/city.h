/* What the city's modules agree on: the map's measures, kinds of tile, the clock, and chance. */
#ifndef CITY_H
#define CITY_H

#include "vesta/module.h"

constexpr uint32_t map_width = 120, map_height = 100, map_tiles = map_width * map_height;

/* The map is stored column by column. */
constexpr uint32_t tile_at(uint32_t x, uint32_t y) { return x * map_height + y; }
constexpr uint32_t x_of(uint32_t tile) { return tile / map_height; }
constexpr uint32_t y_of(uint32_t tile) { return tile % map_height; }

/* A map word is a tile number below flags. */
constexpr uint32_t tile_mask = 0x03FF, centre = 0x0400, bulldozable = 0x1000, burnable = 0x2000,
                   conductive = 0x4000;

/* What a tile is; the map module exports `kind_of`. A lot is a zone of 3 x 3 tiles: home, shop or factory. */
enum kind : uint8_t {
  clear,
  water,
  woods,
  rubble,
  fire,
  road,
  wire,
  rail,
  building,
  home_zone,
  shop_zone,
  factory_zone,
  coal_plant,
  nuclear_plant,
  fire_station
};
using word_function = uint32_t (*)(uint32_t word);

/* citizens.work when it is not a lot. */
constexpr uint16_t no_job = 0xFFFF, out_of_town = 0xFFFE;

constexpr uint32_t day_frames = 240;

template <class T, uint32_t Count>
constexpr uint32_t size_of(const T (&)[Count]) {
  return Count;
}

/* A column that the module declared, from row 0. */
template <class T>
T* column(const vesta_frame* frame, uint32_t index) {
  return static_cast<T*>(frame->columns[index]);
}

/* A descriptor with what all of the city's modules fill in alike. */
template <uint32_t Count>
constexpr vesta_module module_named(const char* name, const vesta_column (&columns)[Count]) {
  vesta_module self = {};
  self.abi = VESTA_MODULE_ABI;
  self.size = sizeof self;
  self.name = name;
  self.version = "1.0.0";
  self.state_version = 1;
  self.columns = columns;
  self.column_count = Count;
  return self;
}

/* Chance is a hash of who and when, so that it does not depend on how the rows are split among districts. */
constexpr uint64_t mix(uint64_t a, uint64_t b) {
  uint64_t h = (a ^ (b * 0x9E3779B97F4A7C15u)) * 0xD6E8FEB86659FD93u;
  h = (h ^ (h >> 32)) * 0xD6E8FEB86659FD93u;
  return h ^ (h >> 32);
}

/* A number in [0, limit) from 32 of the hash's bits; 0 when limit is 0. */
constexpr uint32_t below(uint64_t hash, uint32_t limit) {
  return static_cast<uint32_t>(((hash & 0xFFFFFFFF) * limit) >> 32);
}

/* Citizens think in turns: each frame one block of 256 in 64, so each of them about once a second. */
constexpr uint64_t block_rows = 256, round_frames = 64;

/* Calls visit(first, last) for the rows of [begin, end) whose turn it is. */
template <class Visit>
void each_due_block(uint64_t begin, uint64_t end, uint64_t frame_number, Visit visit) {
  uint64_t block = begin / block_rows;
  block += (frame_number - block) % round_frames;
  for (; block * block_rows < end; block += round_frames) {
    const uint64_t first = block * block_rows, last = first + block_rows;
    visit(first < begin ? begin : first, last > end ? end : last);
  }
}

#endif
