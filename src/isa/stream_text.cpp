#include <algorithm>
#include <fstream>
#include <istream>
#include <map>
#include <ostream>

#include "castor/common/error.h"
#include "castor/isa/stream.h"
#include "command_text.h"
#include "text_line.h"

namespace castor::isa {

namespace {

// ---------------------------------------------------------------------------------------------------- values

HostArg list_from(const TextLine& line, const TextLine::Field& field) {
  std::vector<std::int64_t> integers;
  std::vector<double> reals;
  const std::string body = field.value.substr(1, field.value.size() - 2);
  bool all_integers = true;
  for (std::size_t at = 0; at < body.size();) {
    const std::size_t comma = std::min(body.find(',', at), body.size());
    const std::string text = body.substr(at, comma - at);
    const auto integer = parse_signed(text);
    const auto real = parse_real(text);
    if (!integer && !real) line.fail(field.name + ": '" + text + "' in a list; allowed: numbers");
    all_integers = all_integers && integer.has_value();
    integers.push_back(integer.value_or(0));
    reals.push_back(integer ? static_cast<double>(*integer) : *real);
    at = comma + 1;
  }
  if (all_integers) return integers;
  return reals;
}

HostArg arg_from(const TextLine& line, const TextLine::Field& field) {
  const std::string& text = field.value;
  if (field.quoted) return text;
  if (text.size() >= 2 && text.front() == '[' && text.back() == ']') return list_from(line, field);
  if (const auto integer = parse_signed(text)) return *integer;
  if (const auto real = parse_real(text)) return *real;
  return text;
}

template <class Values, class ToText>
std::string list_text(const Values& values, ToText to_text) {
  std::string text;
  for (const auto& value : values) text += (text.empty() ? "" : ",") + to_text(value);
  return "[" + text + "]";
}

struct ArgText {
  std::string operator()(std::int64_t value) const { return std::to_string(value); }
  std::string operator()(double value) const { return real_text(value); }
  std::string operator()(const std::string& value) const { return quoted_text(value); }
  std::string operator()(const std::vector<std::int64_t>& values) const { return list_text(values, *this); }
  std::string operator()(const std::vector<double>& values) const { return list_text(values, *this); }
};

std::vector<std::int64_t> shape_from(TextLine& line) {
  const auto text = line.take("shape");
  if (!text) return {};
  if (text->size() < 2 || text->front() != '[' || text->back() != ']')
    line.fail("shape=" + *text + "; allowed: [n,n,...]");
  const HostArg list = list_from(line, {"shape", *text, false, true});
  if (!std::holds_alternative<std::vector<std::int64_t>>(list)) line.fail("shape=" + *text + "; allowed: [n,n,...]");
  return std::get<std::vector<std::int64_t>>(list);
}

double real_field(TextLine& line, const std::string& name, double otherwise) {
  const auto text = line.take(name);
  if (!text) return otherwise;
  const auto value = parse_real(*text);
  if (!value) line.fail(name + "=" + *text + "; allowed: a number");
  return *value;
}

// ---------------------------------------------------------------------------------------------------- lines

class Reader {
 public:
  Reader(std::string name, const StreamOptions& options) : name_(std::move(name)), options_(options) {
    stream_.conv_encoding = options.conv_encoding;
  }

  Stream read(std::istream& text) {
    std::string line;
    for (unsigned number = 1; std::getline(text, line); ++number) {
      read_line(line, number);
      stream_.lines.resize(stream_.items.size(), number);
    }
    return std::move(stream_);
  }

 private:
  void read_line(const std::string& text, unsigned number) {
    TextLine line(text, name_ + ":" + std::to_string(number));
    if (line.blank()) return;
    if (is_command_word(line.word())) return stream_.add(command_from(line, options_));
    const auto found = lines().find(line.word());
    if (found == lines().end()) line.fail("unknown mnemonic; allowed: " + known_words());
    (this->*found->second)(line);
  }

  using LineReader = void (Reader::*)(TextLine&);
  static const std::map<std::string, LineReader>& lines() {
    static const std::map<std::string, LineReader> table{
        {"fence", &Reader::fence}, {"host_work", &Reader::host_work}, {"host_op", &Reader::host_op},
        {"layer", &Reader::layer}, {"data", &Reader::data},           {"output", &Reader::output},
        {"input", &Reader::input}, {"stream", &Reader::header}};
    return table;
  }
  static std::string known_words() {
    std::string words = "a Gemmini command";
    for (const auto& entry : lines()) words += ", " + entry.first;
    return words;
  }

  void fence(TextLine& line) {
    line.finish({});
    stream_.add(Fence{});
  }

  void host_work(TextLine& line) {
    line.take_required("cycles");
    stream_.add(HostWork{Cycle{line.take_number("cycles", 0, ~0ULL)}});
    line.finish({"cycles"});
  }

  void host_op(TextLine& line) {
    HostOp op;
    op.kind = line.take_required("kind");
    op.cycles = Cycle{line.take_number("cycles", 0, ~0ULL)};
    for (const TextLine::Field& field : line.take_rest()) op.with(field.name, arg_from(line, field));
    stream_.add(std::move(op));
  }

  void layer(TextLine& line) {
    LayerBegin layer;
    layer.name = line.take_required("name");
    layer.op = line.take("op").value_or("");
    const std::string on = line.take("on").value_or("accelerator");
    if (on != "accelerator" && on != "host") line.fail("on=" + on + "; allowed: accelerator, host");
    layer.on = on == "host" ? Placement::Host : Placement::Accelerator;
    layer.macs = line.take_number("macs", 0, ~0ULL);
    line.finish({"name", "op", "on", "macs"});
    stream_.add(std::move(layer));
  }

  void data(TextLine& line) {
    DataImage image;
    line.take_required("address");
    image.address = PhysAddr{line.take_number("address", 0, ~0ULL)};
    const auto bytes = line.take("bytes");
    const auto file = line.take("file");
    if (bytes.has_value() == file.has_value()) line.fail("allowed: either bytes=<hex> or file=<name>");
    if (bytes) {
      image.bytes = bytes_from(line, *bytes);
      image.size = Bytes{image.bytes.size()};
    } else {
      image.file = *file;
      image.offset = line.take_number("offset", 0, ~0ULL);
      line.take_required("size");
      image.size = Bytes{line.take_number("size", 0, ~0ULL)};
    }
    line.finish({"address", "bytes", "file", "offset", "size"});
    stream_.data.push_back(std::move(image));
  }

  static std::vector<std::uint8_t> bytes_from(TextLine& line, const std::string& hex) {
    if (hex.size() % 2) line.fail("bytes: odd number of hexadecimal digits");
    std::vector<std::uint8_t> bytes(hex.size() / 2);
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      const auto value = parse_unsigned("0x" + hex.substr(2 * i, 2));
      if (!value) line.fail("bytes: '" + hex.substr(2 * i, 2) + "'; allowed: hexadecimal digits");
      bytes[i] = static_cast<std::uint8_t>(*value);
    }
    return bytes;
  }

  void output(TextLine& line) { stream_.outputs.push_back(tensor(line)); }
  void input(TextLine& line) { stream_.inputs.push_back(tensor(line)); }

  static NamedTensor tensor(TextLine& line) {
    NamedTensor tensor;
    tensor.name = line.take_required("name");
    line.take_required("address");
    tensor.address = PhysAddr{line.take_number("address", 0, ~0ULL)};
    tensor.type = line.take("type").value_or("int8");
    const std::string allowed[] = {"int8", "uint8", "int32", "int64", "float32"};
    if (std::find(std::begin(allowed), std::end(allowed), tensor.type) == std::end(allowed))
      line.fail("type=" + tensor.type + "; allowed: int8, uint8, int32, int64, float32");
    tensor.shape = shape_from(line);
    tensor.scale = real_field(line, "scale", 1.0);
    tensor.zero_point = static_cast<std::int64_t>(real_field(line, "zero_point", 0.0));
    tensor.layout = line.take("layout").value_or("");
    line.finish({"name", "address", "type", "shape", "scale", "zero_point", "layout"});
    return tensor;
  }

  void header(TextLine& line) {
    const std::string encoding = line.take("conv_encoding").value_or("square");
    if (encoding != "square" && encoding != "rectangular")
      line.fail("conv_encoding=" + encoding + "; allowed: square, rectangular");
    const bool square = options_.conv_encoding == ConvEncoding::Square;
    if ((encoding == "square") != square)
      line.fail("conv_encoding=" + encoding +
                "; allowed by this configuration: " + (square ? "square" : "rectangular"));
    line.finish({"conv_encoding"});
  }

  std::string name_;
  StreamOptions options_;
  Stream stream_;
};

/// Writes one item a line.
class Writer {
 public:
  Writer(std::ostream& text, ConvEncoding encoding) : text_(text), encoding_(encoding) {}

  void operator()(const Command& command) const { text_ << to_text(command, encoding_) << '\n'; }
  void operator()(const Fence&) const { text_ << "fence\n"; }
  void operator()(const HostWork& work) const { text_ << "host_work cycles=" << work.cycles << '\n'; }

  void operator()(const HostOp& op) const {
    text_ << "host_op kind=" << op.kind;
    if (op.cycles.count()) text_ << " cycles=" << op.cycles;
    for (const auto& [name, value] : op.args) text_ << ' ' << name << '=' << std::visit(ArgText{}, value);
    text_ << '\n';
  }

  void operator()(const LayerBegin& layer) const {
    text_ << "layer name=" << quoted_text(layer.name) << " op=" << quoted_text(layer.op)
          << " on=" << (layer.on == Placement::Host ? "host" : "accelerator") << " macs=" << layer.macs << '\n';
  }

  void operator()(const DataImage& image) const {
    text_ << "data address=" << image.address;
    if (image.file.empty()) {
      static const char digits[] = "0123456789abcdef";
      text_ << " bytes=";
      for (const std::uint8_t byte : image.bytes) text_ << digits[byte >> 4] << digits[byte & 15];
    } else {
      text_ << " file=" << quoted_text(image.file) << " offset=" << image.offset << " size=" << image.size.count();
    }
    text_ << '\n';
  }

  void tensor(const char* word, const NamedTensor& tensor) const {
    text_ << word << " name=" << quoted_text(tensor.name) << " address=" << tensor.address << " type=" << tensor.type
          << " shape=" << ArgText{}(tensor.shape) << " scale=" << real_text(tensor.scale);
    if (tensor.zero_point) text_ << " zero_point=" << tensor.zero_point;
    if (!tensor.layout.empty()) text_ << " layout=" << quoted_text(tensor.layout);
    text_ << '\n';
  }

 private:
  std::ostream& text_;
  ConvEncoding encoding_;
};

std::string name_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? path : path.substr(slash + 1);
}

}  // namespace

Stream read_stream(std::istream& text, const std::string& name, const StreamOptions& options) {
  return Reader(name, options).read(text);
}

Stream read_stream_file(const std::string& path, const StreamOptions& options) {
  std::ifstream file(path);
  if (!file) throw UserError(path + ": cannot open the command stream");
  return read_stream(file, path, options);
}

void write_stream(const Stream& stream, std::ostream& text) {
  const Writer writer(text, stream.conv_encoding);
  text << "stream conv_encoding=" << (stream.conv_encoding == ConvEncoding::Square ? "square" : "rectangular") << '\n';
  for (const DataImage& image : stream.data) writer(image);
  for (const NamedTensor& tensor : stream.inputs) writer.tensor("input", tensor);
  for (const NamedTensor& tensor : stream.outputs) writer.tensor("output", tensor);
  for (const StreamItem& item : stream.items) std::visit(writer, item);
}

void write_stream_file(const Stream& stream, const std::string& path, Bytes inline_limit) {
  Stream written = stream;
  std::ofstream images;
  std::uint64_t offset = 0;
  for (DataImage& image : written.data) {
    if (!image.file.empty() || image.bytes.size() <= inline_limit.count()) continue;
    if (!images.is_open()) images.open(path + ".bin", std::ios::binary);
    images.write(reinterpret_cast<const char*>(image.bytes.data()), static_cast<std::streamsize>(image.bytes.size()));
    image = {image.address, {}, name_of(path) + ".bin", offset, Bytes{image.bytes.size()}};
    offset += image.size.count();
  }
  std::ofstream file(path);
  write_stream(written, file);
  file.flush(), images.flush();
  if (!file || (offset && !images)) throw UserError(path + ": cannot write the command stream");
}

std::string folder_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? "." : path.substr(0, slash);
}

std::vector<std::uint8_t> load_image(const DataImage& image, const std::string& folder) {
  if (image.file.empty()) return image.bytes;
  const std::string path = image.file.front() == '/' ? image.file : folder + "/" + image.file;
  std::ifstream file(path, std::ios::binary);
  std::vector<std::uint8_t> bytes(image.size.count());
  file.seekg(static_cast<std::streamoff>(image.offset));
  file.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  if (!file)
    throw UserError(path + ": cannot read " + std::to_string(bytes.size()) + " bytes from offset " +
                    std::to_string(image.offset));
  return bytes;
}

}  // namespace castor::isa
