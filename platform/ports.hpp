#pragma once

// What a port of Vesta to another system, and its simulated twin, must supply. Each edge is an interface with
// one real implementation (`x_linux.cpp`) and one simulated one (`x_simulated.hpp`); everything above
// `platform/` reaches the world through this aggregate alone, which is how a run can be replayed.

namespace vesta::platform {

class clock;
class file_system;
class file_watcher;
class process_launcher;
class library_loader;
class http_client;

/// The edges of one node, owned by whoever boots it; they outlive every actor.
struct ports {
  clock& time;
  file_system& files;
  file_watcher& watcher;
  process_launcher& processes;
  library_loader& libraries;
  http_client& web;
};

} // namespace vesta::platform
