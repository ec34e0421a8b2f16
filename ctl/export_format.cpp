#include "ctl/export_format.hpp"

#include "base/base64.hpp"
#include "shm/words.hpp"
#include "wire/limits.hpp"

#include <nlohmann/json.hpp>

#include <limits>
#include <set>

namespace belfry::ctl {
namespace {

using nlohmann::json;

constexpr std::uint64_t format_version = 1;
constexpr std::uint64_t max_time = std::numeric_limits<std::int64_t>::max();

json parsed(std::string_view line) {
    json object = json::parse(line, nullptr, false);
    if (!object.is_object()) throw BadLine{"not a JSON object"};
    return object;
}

/// Returns the value of the key `name`. @throws BadLine if it is missing or of another type
template <class IsWanted>
const json& value(const json& object, const char* name, const char* kind, IsWanted is_wanted) {
    const auto found = object.find(name);
    if (found == object.end()) throw BadLine{std::string{"\""} + name + "\" is missing"};
    if (!(*found.*is_wanted)()) {
        throw BadLine{std::string{"\""} + name + "\" is not " + kind};
    }
    return *found;
}

std::uint64_t number(const json& object, const char* name, std::uint64_t min, std::uint64_t max) {
    const json& found = value(object, name, "a whole number", &json::is_number_unsigned);
    const auto result = found.get<std::uint64_t>();
    if (result >= min && result <= max) return result;
    throw BadLine{std::string{"\""} + name + "\" is not in the range " + std::to_string(min) +
                  " to " + std::to_string(max)};
}

std::string text(const json& object, const char* name) {
    return value(object, name, "a string", &json::is_string).get<std::string>();
}

std::string client_id(const json& object, const char* name) {
    std::string id = text(object, name);
    if (!wire::is_client_id(id)) throw BadLine{std::string{"\""} + name + "\" is not a client-id"};
    return id;
}

std::string epoch(const json& object) {
    std::string epoch = text(object, "epoch");
    if (!wire::is_epoch(epoch)) {
        throw BadLine{"\"epoch\" is not 1 to 32 hexadecimal digits"};
    }
    return epoch;
}

shm::Durability durability(const json& object) {
    const std::string word = text(object, "durability");
    const auto durability = shm::durability_named(word);
    if (durability && *durability != shm::Durability::memory) return *durability;
    throw BadLine{"\"durability\" is neither commit nor async"};
}

std::vector<store::SavedClient> clients(const json& object, std::uint64_t last_id) {
    std::vector<store::SavedClient> result;
    std::set<std::string> ids;
    for (const json& client : value(object, "clients", "an array", &json::is_array)) {
        if (!client.is_object()) throw BadLine{"a client is not an object"};
        result.push_back({client_id(client, "id"), number(client, "cursor", 0, last_id),
                          number(client, "seq", 0, wire::max_seq)});
        if (!ids.insert(result.back().id).second) {
            throw BadLine{"client " + result.back().id + " is listed twice"};
        }
    }
    return result;
}

std::string body(const json& object) {
    const bool is_text = object.contains("text");
    if (is_text == object.contains("data")) {
        throw BadLine{R"(exactly one of "text" and "data" is required)"};
    }
    std::string bytes;
    if (is_text) {
        bytes = text(object, "text");
    } else {
        auto decoded = base::from_base64(text(object, "data"));
        if (!decoded) throw BadLine{"\"data\" is not valid base64"};
        bytes = *std::move(decoded);
    }
    if (bytes.size() > wire::max_discard) throw BadLine{"the message is larger than 16 MiB"};
    return bytes;
}

}  // namespace

void append_header(std::string& out, const ExportHeader& header, LineForm form) {
    nlohmann::ordered_json clients = nlohmann::ordered_json::array();
    for (const store::SavedClient& client : header.log.clients) {
        clients.push_back({{"id", client.id}, {"cursor", client.cursor}, {"seq", client.seq}});
    }
    const nlohmann::ordered_json line{{"format", format_version},
                                      {"epoch", header.log.epoch},
                                      {"first_id", header.first_id},
                                      {"last_id", header.log.last_id},
                                      {"durability", shm::name_of(header.log.durability)},
                                      {"clean", header.log.clean},
                                      {"clients", clients}};
    // A store that another program has written may hold anything.
    const bool is_ascii = form == LineForm::ascii_json;
    out.append(line.dump(-1, ' ', is_ascii, json::error_handler_t::replace)).append("\n");
}

ExportHeader parse_header(std::string_view line) {
    const json object = parsed(line);
    if (!object.contains("format")) throw BadLine{"not the first line of an export"};
    static_cast<void>(number(object, "format", format_version, format_version));
    ExportHeader header;
    header.log.epoch = epoch(object);
    header.log.last_id = number(object, "last_id", 0, shm::max_id);
    header.first_id = number(object, "first_id", 1, header.log.last_id + 1);
    header.log.durability = durability(object);
    header.log.clean = value(object, "clean", "true or false", &json::is_boolean).get<bool>();
    header.log.clients = clients(object, header.log.last_id);
    return header;
}

ExportedMessage parse_message(std::string_view line) {
    const json object = parsed(line);
    return {number(object, "id", 1, shm::max_id), client_id(object, "from"),
            number(object, "seq", 1, wire::max_seq), number(object, "time", 0, max_time),
            body(object)};
}

}  // namespace belfry::ctl
