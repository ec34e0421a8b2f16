#include "ctl/export_format.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace belfry::ctl {
namespace {

constexpr std::string_view head_line =
    R"({"format":1,"epoch":"c0ffee","first_id":3,"last_id":9,"durability":"async","clean":true,)"
    R"("clients":[{"id":"ann","cursor":4,"seq":7},{"id":"bob","cursor":0,"seq":0}]})";

std::string complaint_of_head(std::string line, std::string_view part, std::string_view instead) {
    line.replace(line.find(part), part.size(), instead);
    try {
        static_cast<void>(parse_header(line));
    } catch (const BadLine& error) {
        return error.what();
    }
    return "";
}

std::string complaint_of_message(std::string_view line) {
    try {
        static_cast<void>(parse_message(line));
    } catch (const BadLine& error) {
        return error.what();
    }
    return "";
}

TEST(ExportFormat, AHeadIsReadBackAsItWasWritten) {
    const ExportHeader head = parse_header(head_line);
    EXPECT_EQ(head.first_id, 3U);
    EXPECT_EQ(head.log.last_id, 9U);
    EXPECT_EQ(head.log.epoch, "c0ffee");
    EXPECT_EQ(head.log.durability, shm::Durability::async);
    EXPECT_TRUE(head.log.clean);
    ASSERT_EQ(head.log.clients.size(), 2U);
    EXPECT_EQ(head.log.clients[0].cursor, 4U);
    std::string again;
    append_header(again, head, LineForm::json);
    EXPECT_EQ(again, std::string{head_line} + "\n");
}

TEST(ExportFormat, AHeadOfAHostileStoreIsHarmlessAtATerminal) {
    ExportHeader head;
    head.log.epoch = "\x1b[2J";
    head.log.clients = {{"\u009b2J\u202e", 0, 0}, {"\xff", 0, 0}};
    for (const LineForm form : {LineForm::json, LineForm::ascii_json}) {
        std::string line;
        append_header(line, head, form);
        EXPECT_EQ(line.find('\x1b'), std::string::npos);
        EXPECT_EQ(line.find('\xff'), std::string::npos);
        if (form == LineForm::json) continue;  // only programs read it
        EXPECT_NE(line.find("\\u009b2J\\u202e"), std::string::npos) << line;
        EXPECT_TRUE(std::ranges::all_of(line, [](char c) { return c == '\n' || c >= ' '; }))
            << line;
    }
}

TEST(ExportFormat, AnInvalidHeadIsRefusedWithTheReason) {
    const auto complaint = [](std::string_view part, std::string_view instead) {
        return complaint_of_head(std::string{head_line}, part, instead);
    };
    EXPECT_EQ(complaint("c0ffee", "coffee"), "\"epoch\" is not 1 to 32 hexadecimal digits");
    EXPECT_EQ(complaint("\"format\":1", "\"format\":2"), "\"format\" is not in the range 1 to 1");
    EXPECT_EQ(complaint("\"first_id\":3", "\"first_id\":11"),
              "\"first_id\" is not in the range 1 to 10");
    EXPECT_EQ(complaint("\"first_id\":3", "\"first_id\":-3"), "\"first_id\" is not a whole number");
    EXPECT_EQ(complaint("\"cursor\":4", "\"cursor\":10"), "\"cursor\" is not in the range 0 to 9");
    EXPECT_EQ(complaint("bob", "ann"), "client ann is listed twice");
    EXPECT_EQ(complaint("bob", "b o b"), "\"id\" is not a client-id");
    EXPECT_EQ(complaint("async", "memory"), "\"durability\" is neither commit nor async");
    EXPECT_EQ(complaint("true", "1"), "\"clean\" is not true or false");
    EXPECT_EQ(complaint("}]}", "}]"), "not a JSON object");
    EXPECT_EQ(complaint("\"format\"", "\"id\""), "not the first line of an export");
}

TEST(ExportFormat, AMessageIsTextOrBase64) {
    const auto text =
        parse_message(R"({"id":4,"from":"ann","time":12,"seq":5,"text":"a\u0000\u00fc"})");
    EXPECT_EQ(text.body, std::string("a\0\xc3\xbc", 4));
    EXPECT_EQ(text.id, 4U);
    EXPECT_EQ(text.sender, "ann");
    EXPECT_EQ(text.time_ms, 12U);
    EXPECT_EQ(text.seq, 5U);
    const auto data = parse_message(R"({"id":4,"from":"ann","time":12,"seq":5,"data":"/w=="})");
    EXPECT_EQ(data.body, "\xff");
}

TEST(ExportFormat, AnInvalidMessageIsRefusedWithTheReason) {
    EXPECT_EQ(complaint_of_message("x"), "not a JSON object");
    EXPECT_EQ(complaint_of_message(""), "not a JSON object");
    EXPECT_EQ(complaint_of_message("[1]"), "not a JSON object");
    EXPECT_EQ(complaint_of_message(R"({"id":1,"from":"a","time":1,"text":""})"),
              "\"seq\" is missing");
    EXPECT_EQ(complaint_of_message(R"({"id":1,"from":"a","time":1,"seq":0,"text":""})"),
              "\"seq\" is not in the range 1 to 9223372036854775807");
    EXPECT_EQ(complaint_of_message(R"({"id":1,"from":"a","time":1,"seq":1})"),
              "exactly one of \"text\" and \"data\" is required");
    EXPECT_EQ(complaint_of_message(R"({"id":1,"from":"a","time":1,"seq":1,"data":"/w="})"),
              "\"data\" is not valid base64");
    EXPECT_EQ(complaint_of_message(R"({"id":1,"from":"a","time":1,"seq":1,"text":5})"),
              "\"text\" is not a string");
}

}  // namespace
}  // namespace belfry::ctl
