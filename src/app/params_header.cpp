#include "castor/app/params_header.h"

#include <sstream>

#include "castor/common/error.h"

namespace castor::app {
namespace {

std::string c_integer(unsigned bits, bool is_unsigned = false) {
  return (is_unsigned ? "uint" : "int") + std::to_string(bits) + "_t";
}

// The C type an element is kept in; floats narrower than 32 bits are kept as their bits.
std::string c_type(const ElementType& type) {
  if (!type.is_float()) return c_integer(8 * type.bytes());
  if (type.bits == 64) return "double";
  return type.bits == 32 ? "float" : c_integer(type.bits, true);
}

std::string c_bits(const ElementType& type) { return c_integer(8 * type.bytes(), true); }

std::string largest_float(const ElementType& type) {
  const int emax = (1 << (type.exponent_bits - 1)) - 1;
  std::ostringstream text;
  text << "(2.0 - 1.0 / " << (1ULL << (type.significand_bits - 1)) << ") * 0x1p" << emax;
  return text.str();
}

class Header {
 public:
  explicit Header(const config::GemminiParams& gemmini) : g_(gemmini) {}

  std::string text() {
    out_ << "/* Written by `castor header`: the accelerator as the C library sees it. */\n"
            "#ifndef GEMMINI_PARAMS_H\n#define GEMMINI_PARAMS_H\n\n#include <limits.h>\n#include <stdint.h>\n\n";
    sizes();
    element_types();
    scale_types();
    rounding();
    scaling();
    switches();
    out_ << "\n#endif /* GEMMINI_PARAMS_H */\n";
    return out_.str();
  }

 private:
  template <class T>
  void define(const std::string& name, const T& value) {
    out_ << "#define " << name << ' ' << value << '\n';
  }
  void define(const std::string& name) { out_ << "#define " << name << '\n'; }
  void define_if(bool present, const std::string& name) {
    if (present) define(name);
  }
  void type(const std::string& name, const std::string& of) { out_ << "typedef " << of << ' ' << name << ";\n"; }

  void sizes() {
    define("XCUSTOM_ACC", static_cast<int>(g_.opcodes()));
    define("DIM", g_.dim());
    define("ADDR_LEN", 32);
    define("BANK_NUM", g_.sp_banks());
    define("BANK_ROWS", g_.sp_bank_rows());
    define("ACC_ROWS", g_.acc_rows());
    define("MAX_BYTES", g_.dma_maxbytes().count());
    define("MAX_BLOCK_LEN", g_.max_block_len());
    define("MAX_BLOCK_LEN_ACC", g_.max_block_len_acc());
    out_ << '\n';
  }

  void element_types() {
    const ElementType input = g_.input_type, acc = g_.acc_type;
    type("elem_t", c_type(input));
    if (input.is_float()) {
      float_limits(input);
    } else {
      out_ << "static const elem_t elem_t_max = " << (1LL << (input.bits - 1)) - 1 << ";\n"
           << "static const elem_t elem_t_min = " << -(1LL << (input.bits - 1)) << ";\n";
    }
    type("acc_t", c_type(acc));
    type("full_t", acc.is_float() ? "double" : "int64_t");
    if (input.is_float()) {
      define("ELEM_T_IS_FLOAT");
      define("ELEM_T_EXP_BITS", input.exponent_bits);
      define("ELEM_T_SIG_BITS", input.significand_bits);
      define("ACC_T_EXP_BITS", acc.exponent_bits);
      define("ACC_T_SIG_BITS", acc.significand_bits);
      define_if(input.bits < 32, "ELEM_T_IS_LOWPREC_FLOAT");
      type("elem_t_bits", c_bits(input));
      type("acc_t_bits", c_bits(acc));
    }
    define("row_align(blocks)", "__attribute__((aligned((blocks) * DIM * sizeof(elem_t))))");
    define("row_align_acc(blocks)", "__attribute__((aligned((blocks) * DIM * sizeof(acc_t))))");
    out_ << '\n';
  }

  // Formats that C lacks are kept as bits; their limits are values, as programs compare them with results.
  void float_limits(const ElementType& input) {
    const std::string type = input.bits < 32 ? "float" : "elem_t";
    out_ << "static const " << type << " elem_t_max = " << largest_float(input) << ";\n"
         << "static const " << type << " elem_t_min = -(" << largest_float(input) << ");\n";
  }

  void scale_types() {
    define_if(g_.mvin_scale.enabled, "HAS_MVIN_SCALE");
    scale_type("scale_t", g_.mvin_scale);
    define_if(g_.mvin_scale_acc.enabled, "HAS_MVIN_ACC_SCALE");
    scale_type("scale_acc_t", g_.mvin_scale_acc);
    const ElementType out = g_.acc_scale.type;
    type("acc_scale_t", c_type(out));
    type("acc_scale_t_bits", c_bits(out));
    if (out.is_float()) {
      define("ACC_SCALE_T_IS_FLOAT");
      define("ACC_SCALE_EXP_BITS", out.exponent_bits);
      define("ACC_SCALE_SIG_BITS", out.significand_bits);
    }
    define("MVIN_SCALE_IDENTITY", identity(g_.mvin_scale));
    define("ACC_SCALE_IDENTITY", identity(g_.acc_scale));
    out_ << '\n';
  }

  // Where there is no scaling the type is that of the generator's header, so that calls look the same everywhere.
  void scale_type(const std::string& name, const config::ScaleParams& scale) {
    type(name, scale.enabled ? c_type(scale.type) : c_integer(32));
    type(name + "_bits", scale.enabled ? c_bits(scale.type) : c_integer(32, true));
  }
  static const char* identity(const config::ScaleParams& scale) {
    if (!scale.enabled) return "0";
    return scale.type().is_float() ? "1.0" : "1";
  }

  void rounding() {
    out_
        << "#ifdef __cplusplus\n#define SAME_TYPE(x) decltype(x)\n#else\n#define SAME_TYPE(x) __typeof__(x)\n#endif\n\n"
           "/* x / 2^s, to nearest, a tie to even. */\n"
           "#define ROUNDING_RIGHT_SHIFT_BITS(x, s) \\\n"
           "  ((s) > 0 ? ((x) + ((1LL << ((s) - ((s) > 0))) - 1) + (((x) >> (s)) & 1)) >> (s) : (x) << -(s))\n"
           "#define ROUNDING_RIGHT_SHIFT(x, s) "
        << (g_.input_type().is_float() ? "((x) / (1 << (s)))" : "ROUNDING_RIGHT_SHIFT_BITS(x, s)")
        << "\n\n"
           "/* To nearest, a tie to even, without a math library. */\n"
           "static inline double gemmini_round_near_even(double x) {\n"
           "  if (x >= 4503599627370496.0 || x <= -4503599627370496.0 || x != x) return x;\n"
           "  const long long whole = (long long)x;\n"
           "  const double part = x < 0 ? (double)whole - x : x - (double)whole;\n"
           "  const int away = part > 0.5 || (part == 0.5 && (whole & 1));\n"
           "  return (double)(x < 0 ? whole - away : whole + away);\n}\n"
           "#define ROUND_NEAR_EVEN(x) ((SAME_TYPE(x))gemmini_round_near_even(x))\n\n";
  }

  void scaling() {
    if (g_.input_type().is_float()) {
      out_ << "#define ACC_SCALE(x, scale) ((x) * (scale))\n#define MVIN_SCALE(x, scale) ((x) * (scale))\n";
    } else {
      out_ << "static inline elem_t gemmini_clip(double x) {\n"
              "  return x > elem_t_max ? elem_t_max : x < elem_t_min ? elem_t_min : (elem_t)x;\n}\n";
      scale_macro("ACC_SCALE", g_.acc_scale);
      scale_macro("MVIN_SCALE", g_.mvin_scale);
    }
    const bool scales_acc =
        g_.mvin_scale_acc.enabled && g_.mvin_scale_acc.function() == config::ScaleFunction::Multiply;
    define("MVIN_SCALE_ACC(x, scale)", scales_acc ? "((x) * (scale))" : "(x)");
    out_ << '\n';
  }

  void scale_macro(const std::string& name, const config::ScaleParams& scale) {
    const bool multiplies = scale.enabled && scale.function() == config::ScaleFunction::Multiply;
    define(name + "(x, scale)",
           multiplies ? "gemmini_clip(gemmini_round_near_even((float)((x) * (scale))))" : "gemmini_clip(x)");
  }

  void switches() {
    define_if(g_.acc_read_small_width, "ACC_READ_SMALL_WIDTH");
    define_if(g_.acc_read_full_width, "ACC_READ_FULL_WIDTH");
    define_if(g_.has_first_layer_optimizations, "HAS_FIRST_LAYER_OPTIMIZATIONS");
    define_if(g_.has_normalizations, "HAS_NORMALIZATIONS");
    if (g_.has_normalizations) define("NORM_STAT_IDS", g_.norm_stat_ids());
    generation_switches();
  }

  // What older RTL lacks; headers of today's generator define none of these. Only the C library asks.
  void generation_switches() {
    define_if(g_.loop_conv_encoding == config::LoopConvEncoding::Square, "GEMMINI_LOOP_CONV_IS_SQUARE");
    define_if(!g_.has_resadd_unroller, "GEMMINI_NO_RESADD_UNROLLER");
    define_if(!g_.has_loop_spad_ids, "GEMMINI_NO_LOOP_SPAD_IDS");
    define_if(g_.has_normalizations && !g_.norm_scales_once, "GEMMINI_NORM_SCALES_TWICE");
  }

  const config::GemminiParams& g_;
  std::ostringstream out_;
};

}  // namespace

std::string params_header(const config::GemminiParams& gemmini) { return Header(gemmini).text(); }

}  // namespace castor::app
