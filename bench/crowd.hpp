#pragma once

// The same actors twice: as logical actors of a node, and as stock actors under CAF's own work stealing. What
// they do is written once, as a `role` for either.

#include <functional>
#include <latch>
#include <memory>
#include <vector>

#include "vesta/messages/prelude.hpp"
#include "vesta/runtime/node.hpp"

namespace vesta::bench {

/// All that benchmark actors say to each other. 32 bytes.
struct packet {
  std::uint32_t from = 0, kind = 0;
  std::uint64_t a = 0, b = 0, c = 0;
};
VESTA_MESSAGE(packet);

/// Sends to the actor of this number.
template <class Port>
concept port = requires(Port& out, std::uint32_t to, packet what) {
  out.send(to, what);
};

/// What one actor does. One virtual call a message for either kind of actor, so that it favours none.
template <class Port>
class role {
public:
  virtual ~role() = default;
  virtual void on(Port& out, const packet& what) = 0;
};

using crowd_actor = caf::typed_actor<caf::reacts_to<packet>>;

/// The numbered addresses of a crowd. Filled before the first message.
template <class Handle>
struct address_book {
  std::vector<Handle> all;
};

struct logical_port {
  context& self;
  const address_book<crowd_actor>& book;
  void send(std::uint32_t to, packet what) { self.send(book.all[to], what); }
};

struct stock_port {
  caf::event_based_actor& self;
  const address_book<caf::actor>& book;
  void send(std::uint32_t to, packet what) { self.send(book.all[to], what); }
};

template <class Port>
using make_role = std::function<std::unique_ptr<role<Port>>(std::uint32_t number)>;

class logical_member {
public:
  using interface = crowd_actor;
  logical_member(context& self, const make_role<logical_port>* make, std::uint32_t number)
      : out_{self, self.use<address_book<crowd_actor>>()}, role_((*make)(number)) {}
  void on(const packet& what) { role_->on(out_, what); }

private:
  logical_port out_;
  const std::unique_ptr<role<logical_port>> role_;
};

class stock_member : public caf::event_based_actor {
public:
  stock_member(caf::actor_config& config, const address_book<caf::actor>* book,
               const make_role<stock_port>* make, std::uint32_t number)
      : caf::event_based_actor(config), out_{*this, *book}, role_((*make)(number)) {}
  caf::behavior make_behavior() override {
    return {[this](const packet& what) { role_->on(out_, what); }};
  }

private:
  stock_port out_;
  const std::unique_ptr<role<stock_port>> role_;
};

/// So many logical actors on the performance cores of this topology.
class logical_crowd {
public:
  using port = logical_port;
  logical_crowd(const platform::topology& cores, std::uint32_t size, make_role<port> make)
      : make_(std::move(make)) {
    services lent;
    lent.lend(book_);
    supervisor_spec tree{.name = "root",
                         .rule = group_rule::simple_one_for_one}; // as stock CAF's, all end at once
    tree.actors.reserve(size);
    for (std::uint32_t i = 0; i < size; ++i)
      tree.actors.push_back(spec_of<logical_member>(
          {.name = std::to_string(i), .where = placement::performance(), .inbox_limit = unlimited}, &make_,
          i));
    node_ = std::make_unique<node>(node_options{.cores = cores}, std::move(tree), lent);
    for (std::uint32_t i = 0; i < size; ++i) book_.all.push_back(node_->find<crowd_actor>(std::to_string(i)));
    node_->start();
  }
  /// From this thread, which is no actor's.
  void tell(std::uint32_t to, packet what) { node_->send(book_.all[to], what); }

private:
  /// Messages come while the actors start.
  static constexpr std::size_t unlimited = std::size_t(1) << 40;

  make_role<port> make_;
  address_book<crowd_actor> book_;
  std::unique_ptr<node> node_;
};

/// CAF's scheduler for the stock crowds of this process: "stealing" or "sharing".
inline std::string& stock_policy() {
  static std::string policy = "stealing";
  return policy;
}

class stock_crowd {
public:
  using port = stock_port;
  stock_crowd(const platform::topology&, std::uint32_t size, make_role<port> make) : make_(std::move(make)) {
    config_.set("scheduler.policy", caf::atom_from_string(stock_policy()));
    system_ = std::make_unique<caf::actor_system>(config_);
    for (std::uint32_t i = 0; i < size; ++i)
      book_.all.push_back(system_->spawn<stock_member>(&book_, &make_, i));
  }
  ~stock_crowd() {
    for (const auto& one : book_.all) caf::anon_send_exit(one, caf::exit_reason::kill);
    book_.all.clear();
  }
  void tell(std::uint32_t to, packet what) { caf::anon_send(book_.all[to], what); }

private:
  make_role<port> make_;
  caf::actor_system_config config_;
  std::unique_ptr<caf::actor_system> system_;
  address_book<caf::actor> book_;
};

} // namespace vesta::bench
