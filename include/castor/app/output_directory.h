// The directory a run leaves its files in. Made, and found writable, before the simulation starts.
#pragma once

#include <fstream>
#include <string>

namespace castor::app {

class OutputDirectory {
 public:
  /// Makes it; a UserError if that is impossible or nothing can be written there.
  explicit OutputDirectory(std::string path);

  std::string path(const std::string& name) const { return path_ + "/" + name; }
  /// Opens a file for writing; a UserError if that is impossible.
  std::ofstream open(const std::string& name) const;
  /// The end of a file that was opened here; a UserError if the disk is full.
  void finish(std::ofstream& file, const std::string& name) const;
  /// Writes a whole file; a UserError if the disk is full.
  void write(const std::string& name, const std::string& text) const;

 private:
  std::string path_;
};

}  // namespace castor::app
