#include "castor/host/address_map.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "castor/common/error.h"

namespace castor::host {

namespace {

template <class Region>
bool contains(const Region& region, PhysAddr address, std::uint64_t count) {
  const std::uint64_t offset = address - region.base;
  return offset < region.size.count() && count <= region.size.count() - offset;
}

template <class Region>
bool overlaps(const Region& region, PhysAddr base, Bytes size) {
  return base < region.base + region.size.count() && region.base < base + size.count();
}

template <class Regions>
auto find(Regions& regions, PhysAddr address, std::uint64_t count) {
  return std::find_if(regions.begin(), regions.end(),
                      [&](const auto& region) { return contains(region, address, count); });
}

}  // namespace

void AddressMap::add_memory(PhysAddr base, Bytes size, std::uint8_t* bytes) {
  require_free(base, size);
  memories_.push_back({base, size, bytes});
}

void AddressMap::add_device(const std::string& name, PhysAddr base, Bytes size, tlm::tlm_target_socket<>& device) {
  require_free(base, size);
  windows_.push_back({base, size, std::make_unique<Link>(name.c_str())});
  windows_.back().link->socket.bind(device);
}

void AddressMap::watch(PhysAddr word, std::function<void()> seen) {
  CASTOR_ASSERT(find_memory(word, sizeof(std::uint64_t)) != nullptr);
  watches_.push_back({word, std::move(seen)});
}

void AddressMap::require_free(PhysAddr base, Bytes size) const {
  for (const Memory& memory : memories_) CASTOR_ASSERT(!overlaps(memory, base, size));
  for (const Window& window : windows_) CASTOR_ASSERT(!overlaps(window, base, size));
}

const AddressMap::Memory* AddressMap::find_memory(PhysAddr address, std::uint64_t count) const {
  const auto found = find(memories_, address, count);
  return found == memories_.end() ? nullptr : &*found;
}

std::uint8_t* AddressMap::memory_at(PhysAddr address, std::uint64_t count) const {
  const Memory* memory = find_memory(address, count);
  return memory == nullptr ? nullptr : memory->bytes + (address - memory->base);
}

bool AddressMap::is_watched(PhysAddr page) const {
  return std::any_of(watches_.begin(), watches_.end(), [&](const Watch& watch) {
    const std::uint64_t last = watch.word.value() + sizeof(std::uint64_t) - 1;
    return watch.word.value() / page_bytes == page.value() / page_bytes ||
           last / page_bytes == page.value() / page_bytes;
  });
}

std::uint8_t* AddressMap::plain_page(PhysAddr page) { return is_watched(page) ? nullptr : memory_at(page, page_bytes); }

bool AddressMap::read(PhysAddr address, unsigned bytes, std::uint64_t& value) {
  value = 0;
  const std::uint8_t* from = memory_at(address, bytes);
  if (from == nullptr) return transport(tlm::TLM_READ_COMMAND, address, bytes, value);
  std::memcpy(&value, from, bytes);
  return true;
}

bool AddressMap::write(PhysAddr address, unsigned bytes, std::uint64_t value) {
  std::uint8_t* to = memory_at(address, bytes);
  if (to == nullptr) return transport(tlm::TLM_WRITE_COMMAND, address, bytes, value);
  std::memcpy(to, &value, bytes);
  tell_watchers(address, bytes);
  return true;
}

bool AddressMap::answers(PhysAddr address) const {
  return is_memory(address) || find(windows_, address, 1) != windows_.end();
}

void AddressMap::tell_watchers(PhysAddr address, unsigned bytes) {
  for (const Watch& watch : watches_) {
    const bool touched = address < watch.word + sizeof(std::uint64_t) && watch.word < address + bytes;
    if (touched) watch.seen();
  }
}

bool AddressMap::transport(tlm::tlm_command command, PhysAddr address, unsigned bytes, std::uint64_t& value) {
  const auto window = find(windows_, address, bytes);
  if (window == windows_.end()) return false;
  tlm::tlm_generic_payload payload;
  payload.set_command(command);
  payload.set_address(address - window->base);
  payload.set_data_ptr(reinterpret_cast<unsigned char*>(&value));
  payload.set_data_length(bytes);
  payload.set_streaming_width(bytes);
  payload.set_byte_enable_ptr(nullptr);
  payload.set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
  sc_core::sc_time no_delay;
  window->link->socket->b_transport(payload, no_delay);
  return payload.is_response_ok();
}

}  // namespace castor::host
