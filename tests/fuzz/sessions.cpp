#include "tests/fuzz/check.hpp"
#include "tests/support/fuzz/stage.hpp"

namespace belfry::fuzz {
namespace {

/// So much is never more than the ring holds, so that the witness is never told a GAP.
constexpr std::size_t max_input = 4096;

constexpr std::string_view testimony = "what the witness says";

/// What the guest reads of the witness is as it was said.
void check_testimony(const test::Frame& frame) {
    if (frame.verb != "MSG" && frame.verb != "PAST") return;
    if (frame.fields[1] == Stage::witness_name && frame.payload != testimony) {
        throw Broken{"the witness never said: " + frame.payload};
    }
}

}  // namespace

void check_session(std::string_view input) {
    // A guest who knows the witness's name may rightly take over.
    if (input.size() > max_input || input.find(Stage::witness_name) != input.npos) return;
    Stage stage;
    stage.witness_says(testimony);
    const auto pieces = in_pieces(input, input.size() / 2 + 1);
    for (std::size_t at = 0; at < pieces.size(); ++at) {
        if (at == 1) stage.witness_says(testimony);
        stage.guest().send(pieces[at]);
    }
    stage.guest().shutdown_sending();
    while (const auto frame = stage.guest().next()) check_testimony(*frame);
    stage.guest().end();
    stage.witness_says(testimony);
    stage.witness_concludes();
    const auto broken = stage.broken();
    if (!broken.empty()) throw Broken{"broken: " + broken.front()};
}

}  // namespace belfry::fuzz
