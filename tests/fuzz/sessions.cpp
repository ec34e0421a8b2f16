#include "tests/fuzz/check.hpp"
#include "tests/support/fuzz/stage.hpp"

namespace belfry::fuzz {
namespace {

/// An input of this size always fits into the ring, so the witness never receives a GAP.
constexpr std::size_t max_input = 4096;

constexpr std::string_view testimony = "message of the witness";

/// Checks that the guest receives the messages of the witness unchanged.
void check_testimony(const test::Frame& frame) {
    if (frame.verb != "MSG" && frame.verb != "PAST") return;
    if (frame.fields[1] == Stage::witness_name && frame.payload != testimony) {
        throw Broken{"not a message of the witness: " + frame.payload};
    }
}

}  // namespace

void check_session(std::string_view input) {
    // An input that contains the name of the witness may rightly take over its session.
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
    if (!broken.empty()) throw Broken{"broken invariant: " + broken.front()};
}

}  // namespace belfry::fuzz
