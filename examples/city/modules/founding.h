/* A city that no file gave: land and roads, and what is built along roads. Part of the map module. */
#ifndef FOUNDING_H
#define FOUNDING_H

#include "city.h"

/* A square of land that nothing stands on, with a road along one of its sides? */
inline bool is_building_ground(word_function kind_of, const uint16_t* words, uint32_t x, uint32_t y,
                               uint32_t size) {
  if (x == 0 || y == 0 || x + size >= map_width || y + size >= map_height) return false;
  bool reaches_road = false;
  for (uint32_t i = 0; i < size; ++i) {
    for (uint32_t j = 0; j < size; ++j) {
      const uint32_t is = kind_of(words[tile_at(x + i, y + j)]);
      if (is != clear && is != woods) return false;
    }
    const uint32_t beside[] = {tile_at(x - 1, y + i), tile_at(x + size, y + i), tile_at(x + i, y - 1),
                               tile_at(x + i, y + size)};
    for (uint32_t tile : beside) reaches_road |= kind_of(words[tile]) == road;
  }
  return reaches_road;
}

inline void build(uint16_t* words, uint32_t x, uint32_t y, uint32_t size, uint32_t first_tile) {
  for (uint32_t i = 0; i < size; ++i)
    for (uint32_t j = 0; j < size; ++j)
      words[tile_at(x + i, y + j)] =
          static_cast<uint16_t>((first_tile + j * size + i) | bulldozable | burnable | conductive |
                                (i == 1 && j == 1 ? centre : 0));
}

/* Builds along the roads of a map on which nobody lives: homes, shops, factories, plants and stations. */
inline void settle(word_function kind_of, uint16_t* words, uint64_t chance) {
  uint32_t built = 0, wired = 0, supplied = 0;
  for (uint32_t tile = 0; tile < map_tiles; ++tile)
    if (kind_of(words[tile]) == road) words[tile] |= conductive, ++wired;
  for (uint32_t x = 1; x < map_width; ++x) {
    for (uint32_t y = 1; y < map_height; ++y) {
      if (wired + 9 * built >= supplied && is_building_ground(kind_of, words, x, y, 4)) {
        build(words, x, y, 4, 745), supplied += 680;
      } else if (is_building_ground(kind_of, words, x, y, 3)) {
        const uint64_t hash = mix(chance, tile_at(x, y));
        const uint32_t far = (x > 60 ? x - 60 : 60 - x) + (y > 50 ? y - 50 : 50 - y), dice = below(hash, 100);
        const uint32_t level = far > 60 ? 0 : 3 - far / 20 + below(hash >> 32, 2);
        const uint32_t group = level == 0 ? 0 : 9 * (level - 1);
        if (++built % 40 == 20)
          build(words, x, y, 3, 761);
        else if (dice < 50)
          build(words, x, y, 3, level == 0 ? 240 : 261 + group);
        else if (dice < 75 - far / 5)
          build(words, x, y, 3, level == 0 ? 423 : 432 + group);
        else if (dice < 92)
          build(words, x, y, 3, level == 0 ? 612 : 621 + group);
      }
    }
  }
}

/* A river, woods, and a grid of roads around the middle that bridges the river. */
inline void draw_land(uint16_t* words, uint64_t chance) {
  uint32_t bank = 30 + below(mix(chance, 1), 40);
  for (uint32_t x = 0; x < map_width; ++x) {
    const uint32_t drift = below(mix(chance, 100 + x / 5), 3);
    if (bank + drift > 21 && bank + drift < 81) bank += drift - 1;
    for (uint32_t y = 0; y < map_height; ++y) {
      const int32_t dx = static_cast<int32_t>(x) - 60, dy = static_cast<int32_t>(y) - 50;
      const uint32_t ragged = below(mix(chance, 300 + tile_at(x, y)), 3);
      const bool in_town = dx * dx + dy * dy < 46 * 46;
      const bool wooded = below(mix(mix(chance, (x + ragged) / 7), (y + ragged) / 6), 3) == 0;
      uint16_t& here = words[tile_at(x, y)];
      if (in_town && x % 7 == 4)
        here = 67 | bulldozable;
      else if (in_town && y % 7 == 1)
        here = 66 | bulldozable;
      else if (y >= bank && y < bank + 5)
        here = 2;
      else
        here = wooded ? 37 | bulldozable | burnable : 0;
    }
  }
}

#endif
