#include "program.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

namespace castor::e2e {

namespace fs = std::filesystem;

const char* const one_tile =
    "layer name=\"tile\" op=MatMul on=accelerator macs=4096\n"
    "data address=0x80000000 bytes=0102030405060708090a0b0c0d0e0f10\n"
    "config_ex\n"
    "config_mvout stride=16\n"
    "config_mvin stride=16\n"
    "mvin dram=0x80000000 local=sp+0 rows=16 cols=16\n"
    "mvin dram=0x80000100 local=sp+16 rows=16 cols=16\n"
    "preload bd=sp+16 bd_rows=16 bd_cols=16 c=acc+0 c_rows=16 c_cols=16\n"
    "compute_preloaded a=sp+0 a_rows=16 a_cols=16 bd=garbage bd_rows=16 bd_cols=16\n"
    "mvout dram=0x80010000 local=acc+0 rows=16 cols=16\n"
    "fence\n"
    "output name=\"c\" address=0x80010000 type=int8 shape=[16,16] scale=1.0f\n";

namespace {

std::string test_name() {
  const auto* test = testing::UnitTest::GetInstance()->current_test_info();
  return std::string(test->test_suite_name()) + "." + test->name();
}

fs::path scratch(const std::string& part) { return fs::path(testing::TempDir()) / "castor-e2e" / test_name() / part; }

void redirect(const fs::path& file, int to) {
  const int descriptor = open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644);
  dup2(descriptor, to);
  close(descriptor);
}

pid_t start(const std::vector<std::string>& words, const fs::path& out, const fs::path& err) {
  fs::create_directories(out.parent_path());
  std::vector<char*> arguments;
  for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  const pid_t child = fork();
  if (child != 0) return child;
  const int nothing = open("/dev/null", O_RDONLY);
  dup2(nothing, STDIN_FILENO);
  redirect(out, STDOUT_FILENO);
  redirect(err, STDERR_FILENO);
  execvp(arguments[0], arguments.data());
  _exit(127);
}

Outcome finish(pid_t child, const fs::path& out, const fs::path& err) {
  int status = 0;
  waitpid(child, &status, 0);
  const int code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return {code, file_text(out), file_text(err)};
}

}  // namespace

Outcome run(const std::vector<std::string>& words) {
  const fs::path out = scratch("stdout"), err = scratch("stderr");
  return finish(start(words, out, err), out, err);
}

Outcome castor(const std::vector<std::string>& words) {
  std::vector<std::string> all = {CASTOR_PROGRAM};
  all.insert(all.end(), words.begin(), words.end());
  return run(all);
}

Outcome castor_interrupted(const std::vector<std::string>& words, const std::string& path, std::size_t bytes) {
  std::vector<std::string> all = {CASTOR_PROGRAM};
  all.insert(all.end(), words.begin(), words.end());
  const fs::path out = scratch("stdout"), err = scratch("stderr");
  const pid_t child = start(all, out, err);
  const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  std::error_code none;
  while (std::chrono::steady_clock::now() < give_up && (!fs::exists(path, none) || fs::file_size(path, none) < bytes))
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  kill(child, SIGINT);
  return finish(child, out, err);
}

Outcome castor_on_terminal(const std::vector<std::string>& words, const std::string& text) {
  std::vector<std::string> all = {CASTOR_PROGRAM};
  all.insert(all.end(), words.begin(), words.end());
  const int terminal = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK);
  if (terminal < 0 || grantpt(terminal) != 0 || unlockpt(terminal) != 0) return {};
  const fs::path out = scratch("stdout");
  const int keep_open = open(ptsname(terminal), O_RDWR | O_NOCTTY);  // the terminal lives as long as we read it
  const pid_t child = start(all, out, ptsname(terminal));
  std::string shown;
  const auto read_all = [&] {
    char part[4096];
    for (ssize_t n; (n = read(terminal, part, sizeof part)) > 0;) shown.append(part, static_cast<std::size_t>(n));
  };
  const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (std::chrono::steady_clock::now() < give_up && shown.find(text) == std::string::npos) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    read_all();
  }
  kill(child, SIGINT);
  Outcome outcome = finish(child, out, "/dev/null");
  read_all();
  close(keep_open);
  close(terminal);
  outcome.err = shown;
  return outcome;
}

std::string directory() {
  const fs::path path = scratch("out");
  fs::remove_all(path);
  fs::create_directories(path);
  return path.string();
}

std::string file_text(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::string file_in(const std::string& folder, const std::string& begin) {
  for (const auto& entry : fs::directory_iterator(folder))
    if (entry.path().filename().string().rfind(begin, 0) == 0) return entry.path().string();
  return {};
}

std::string file_with(const std::string& name, const std::string& text) {
  const fs::path path = scratch(name);
  fs::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary) << text;
  return path.string();
}

nlohmann::json report(const std::string& out) { return nlohmann::json::parse(file_text(out + "/report.json")); }

std::string source(const std::string& path) { return std::string(CASTOR_SOURCE_DIR) + "/" + path; }
std::string data(const std::string& name) { return std::string(CASTOR_TEST_DATA) + "/" + name; }

}  // namespace castor::e2e
