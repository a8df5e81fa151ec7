#include "castor/host/trap.h"

namespace castor::host {

const char* name_of(Exception exception) {
  switch (exception) {
    case Exception::MisalignedFetch:
      return "misaligned instruction address";
    case Exception::FetchAccess:
      return "instruction access fault";
    case Exception::IllegalInstruction:
      return "illegal instruction";
    case Exception::Breakpoint:
      return "breakpoint";
    case Exception::MisalignedLoad:
      return "misaligned load address";
    case Exception::LoadAccess:
      return "load access fault";
    case Exception::MisalignedStore:
      return "misaligned store address";
    case Exception::StoreAccess:
      return "store access fault";
    case Exception::UserEcall:
      return "environment call from user mode";
    case Exception::SupervisorEcall:
      return "environment call from supervisor mode";
    case Exception::MachineEcall:
      return "environment call from machine mode";
    case Exception::FetchPageFault:
      return "instruction page fault";
    case Exception::LoadPageFault:
      return "load page fault";
    case Exception::StorePageFault:
      return "store page fault";
  }
  return "reserved exception";
}

}  // namespace castor::host
