#include "castor/app/output_directory.h"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>

#include "castor/common/error.h"

namespace castor::app {

OutputDirectory::OutputDirectory(std::string path) : path_(std::move(path)) {
  std::error_code error;
  std::filesystem::create_directories(path_, error);
  if (error || !std::filesystem::is_directory(path_))
    throw UserError("--out " + path_ + ": cannot be made: " + (error ? error.message() : "it is no directory") +
                    "; allowed: a directory that can be written");
  const std::string probe = ".castor-writes-here";
  open(probe) << '\n';
  std::filesystem::remove(this->path(probe), error);
}

std::ofstream OutputDirectory::open(const std::string& name) const {
  std::ofstream file(path(name), std::ios::binary);
  if (!file)
    throw UserError("--out " + path_ + ": " + name + " cannot be written: " + std::strerror(errno) +
                    "; allowed: a directory that can be written");
  return file;
}

void OutputDirectory::write(const std::string& name, const std::string& text) const {
  std::ofstream file = open(name);
  file << text;
  finish(file, name);
}

void OutputDirectory::finish(std::ofstream& file, const std::string& name) const {
  if (!file.flush())
    throw UserError("--out " + path_ + ": " + name + " cannot be written completely: is the disk full?");
}

}  // namespace castor::app
