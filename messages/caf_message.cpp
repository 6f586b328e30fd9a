#include "vesta/messages/caf_message.hpp"

#include <stdexcept>

#include "vesta/messages/message.hpp"

namespace vesta::detail {
namespace {

/// A value of any type, owned.
class any_value {
public:
  any_value(const caf_element& element, void* value) : element_(&element), value_(value) {}
  any_value(const any_value& other) : element_(other.element_), value_(other.element_->copy(other.value_)) {}
  any_value& operator=(const any_value&) = delete;
  ~any_value() { element_->destroy(value_); }

  const caf_element& element() const { return *element_; }
  void* get() const { return value_; }

private:
  const caf_element* element_;
  void* value_;
};

class one_value final : public caf::type_erased_value {
public:
  explicit one_value(const any_value& value) : value_(value) {}

  void* get_mutable() override { return value_.get(); }
  caf::error load(caf::deserializer& source) override { return value_.element().load(source, value_.get()); }
  caf::rtti_pair type() const override { return value_.element().type; }
  const void* get() const override { return value_.get(); }
  caf::error save(caf::serializer& sink) const override { return value_.element().save(sink, value_.get()); }
  std::string stringify() const override { return value_.element().print(value_.get()); }
  caf::type_erased_value_ptr copy() const override {
    return caf::type_erased_value_ptr{new one_value(value_)};
  }

private:
  any_value value_;
};

/// A tuple of one element, so `pos` is always 0.
class one_message final : public caf::detail::message_data {
public:
  one_message(const caf_element& element, void* value) : value_(element, value) {}

  one_message* copy() const override { return new one_message(*this); }
  void* get_mutable(std::size_t) override { return value_.get(); }
  using type_erased_tuple::load;
  caf::error load(std::size_t, caf::deserializer& source) override {
    return value_.element().load(source, value_.get());
  }
  std::size_t size() const noexcept override { return 1; }
  std::uint32_t type_token() const noexcept override { return value_.element().token; }
  caf::rtti_pair type(std::size_t) const noexcept override { return value_.element().type; }
  const void* get(std::size_t) const noexcept override { return value_.get(); }
  std::string stringify(std::size_t) const override { return value_.element().print(value_.get()); }
  caf::type_erased_value_ptr copy(std::size_t) const override {
    return caf::type_erased_value_ptr{new one_value(value_)};
  }
  using type_erased_tuple::save;
  caf::error save(std::size_t, caf::serializer& sink) const override {
    return value_.element().save(sink, value_.get());
  }

private:
  any_value value_;
};

} // namespace

void refuse_to_wrap(const char* name) {
  throw std::logic_error(std::string(name) + " is a message between actors of one node: CAF cannot carry it");
}

caf::message caf_message_of(const caf_element& element, void* value) {
  return caf::message{caf::message::data_ptr{new one_message(element, value), false}};
}

} // namespace vesta::detail
