// Runs commands as a user types them, and looks at what comes back.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace castor::e2e {

struct Outcome {
  int status = -1;
  std::string out, err;
};

/// Runs words as one command (no shell), with an empty stdin.
Outcome run(const std::vector<std::string>& words);
/// `castor` with these words.
Outcome castor(const std::vector<std::string>& words);

/// Starts castor, sends SIGINT once `path` holds at least `bytes`, and waits.
Outcome castor_interrupted(const std::vector<std::string>& words, const std::string& path, std::size_t bytes);

/// Starts castor with a terminal for stderr, sends SIGINT once the terminal has shown `text` (or after a minute), and
/// waits; `err` is what the terminal showed.
Outcome castor_on_terminal(const std::vector<std::string>& words, const std::string& text);

/// A directory of the running test, empty.
std::string directory();
std::string file_text(const std::string& path);
/// The path of a file in `folder` whose name begins so; empty if there is none.
std::string file_in(const std::string& folder, const std::string& begin);
/// Writes a file into the test's directory; returns its path.
std::string file_with(const std::string& name, const std::string& text);
nlohmann::json report(const std::string& out);

std::string source(const std::string& path);  ///< in the repository
std::string data(const std::string& name);    ///< made while building

/// One tile through the array: mvin, mvin, preload, compute, mvout, fence.
extern const char* const one_tile;

}  // namespace castor::e2e
