#include "castor/host/decoded_code.h"

namespace castor::host {

DecodedPage& DecodedCode::page(PhysAddr address) {
  std::unique_ptr<DecodedPage>& page = pages_[address.value() / DecodedPage::bytes];
  if (page == nullptr) page = std::make_unique<DecodedPage>();
  if (page->version_ != version_) {
    page->slots_.fill(Instruction{});
    page->version_ = version_;
  }
  return *page;
}

}  // namespace castor::host
