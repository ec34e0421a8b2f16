#include "terminal/keyboard.hpp"

#include <gtest/gtest.h>

#include <string>

namespace belfry::terminal {
namespace {

std::wstring keys(Keyboard& keyboard) {
    std::wstring all;
    while (const auto key = keyboard.next()) all += *key;
    return all;
}

std::wstring typed(std::string_view bytes) {
    Keyboard keyboard;
    keyboard.take(bytes);
    return keys(keyboard);
}

// Returns the keys of bytes that arrive one by one.
std::wstring typed_slowly(std::string_view bytes) {
    Keyboard keyboard;
    for (const char byte : bytes) keyboard.take({&byte, 1});
    return keys(keyboard);
}

TEST(ClientKeyboard, BytesBecomeCharacters) {
    EXPECT_EQ(typed("aé漢\r"), L"aé漢\r");
    EXPECT_EQ(typed_slowly("aé漢\r"), L"aé漢\r");
    EXPECT_EQ(typed("\x1b[A\x1b[3~\x1b"), L"\x1b[A\x1b[3~\x1b");
}

TEST(ClientKeyboard, InvalidUtf8IsDropped) {
    EXPECT_EQ(typed("a\xff"
                    "b\xc3"
                    "c"),
              L"abc");
}

TEST(ClientKeyboard, OnlyTheLineEndsOfAPasteActAsKeys) {
    EXPECT_EQ(typed("\x1b[200~a\tb\r\x03\x1b[Ac\x1b[201~\t"), L"a\x16\tb\r\x16\x03\x16\x1b[Ac\t");
}

TEST(ClientKeyboard, ALineOfAPasteEndsWithCrLfOrBoth) {
    const auto pasted = "\x1b[200~a\rb\nc\r\nd\n\ne\x1b[201~";
    EXPECT_EQ(typed(pasted), L"a\rb\rc\rd\r\re");
    EXPECT_EQ(typed(pasted).size(), 10U);
}

TEST(ClientKeyboard, APasteMayArriveInPieces) {
    const std::string_view pasted = "x\x1b[200~a\tb\x1b[201~y\t";
    for (std::size_t cut = 0; cut <= pasted.size(); ++cut) {
        // A single ESC counts as a key, so the paste must not be cut after it.
        if (pasted.substr(0, cut).ends_with("x\x1b")) continue;
        Keyboard keyboard;
        keyboard.take(pasted.substr(0, cut));
        keyboard.take(pasted.substr(cut));
        EXPECT_EQ(keys(keyboard), L"xa\x16\tby\t") << cut;
    }
}

}  // namespace
}  // namespace belfry::terminal
