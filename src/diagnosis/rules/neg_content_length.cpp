// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <base/text.h>
#include <diagnosis/facts.h>
#include <diagnosis/offer_answer.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>
#include <sip/message.h>

namespace diagnosis::rules {
namespace {

/// Of one transport: over datagrams a wrong length is a flaw of the message alone (msg-flaw). One
/// that did not end before the connection did counts where no capture may have cut it.
bool onConnection(const Evidence &evidence, const trace::Row &row)
{
    return (row.kind == trace::RowKind::Message ||
            (row.kind == trace::RowKind::Cut && ownCall(evidence))) &&
           (row.transport == base::Transport::Tcp || row.transport == base::Transport::Tls);
}

/// What came next over that direction of that connection and begins no message; invalid: something
/// else did.
trace::RowId garbageBehind(const Evidence &evidence, trace::RowId id)
{
    constexpr std::uint32_t kNext = 64; // rows of other connections may be filed in between
    const trace::Row &row = evidence.trace.row(id);
    const std::size_t size = evidence.trace.size();
    for (std::uint32_t i = id.value + 1; i < size && i <= id.value + kNext; ++i) {
        const trace::Row &next = evidence.trace.row(trace::RowId{i});
        if (next.pair != row.pair || next.origin != row.origin)
            continue;
        const std::string_view text = evidence.trace.text(trace::RowId{i});
        const bool blank =
            text.find_first_not_of(std::string_view("\r\n \t\0", 5)) == std::string_view::npos;
        return next.kind == trace::RowKind::Garbage && !blank ? trace::RowId{i} : trace::RowId{};
    }
    return {};
}

/// It came with the message's last bytes: the body goes on there.
bool goesOn(const Evidence &evidence, trace::RowId row, trace::RowId garbage)
{
    return garbage.valid() && evidence.trace.row(garbage).time == evidence.trace.row(row).time;
}

/// The start line of another message within the body, where nobody puts messages on purpose; of a
/// line that the body's end cut, whether bytes of no message follow must tell.
std::string_view swallowed(const sip::Message &message, bool garbageFollows)
{
    const std::string_view type = message.value(sip::HeaderId::ContentType);
    for (const std::string_view whole : {"message/", "multipart/"})
        if (base::equalsNoCase(type.substr(0, whole.size()), whole))
            return {};
    for (std::size_t at = 0; at < message.body.size();) {
        const std::string_view rest = message.body.substr(at);
        const std::string_view line = rest.substr(0, rest.find_first_of("\r\n"));
        const std::string_view word = line.substr(0, line.find(' '));
        const bool ends = line.size() < rest.size();
        if (ends && line.find("SIP/2.0") != std::string_view::npos && sip::looksLikeSip(rest))
            return line;
        if (!ends && garbageFollows && word.size() < line.size() &&
            (word == "SIP/2.0" || sip::methodOf(word) != sip::Method::Unknown))
            return line;
        at += line.size() + 1;
    }
    return {};
}

void tell(const Evidence &evidence, trace::RowId row, std::string what, EvidenceRef sight,
          Findings &out)
{
    auto &f = out.add("neg-content-length", Severity::Error, Grade::Seen,
                      fmt::format("Content-Length in the {} of {} is wrong: {} [1].",
                                  messageText(evidence, row), sender(evidence, row), what));
    f.impact = "Over a connection it alone tells where the next message begins: the receiver loses "
               "its place, drops messages, answers 400 or closes the connection.";
    f.evidence = {std::move(sight)};
    f.fixes = {{"Make Content-Length count the bytes of the body as they leave, with every line's "
                "CRLF.",
                "sender of the message", Action::None},
               {"Whoever changes a body on the way (an ALG, a session border controller) has to "
                "count it again.",
                "element on the way", Action::None}};
}

void check(const Evidence &evidence, Findings &out)
{
    for (const calls::CallRow &entry : evidence.call.rows) {
        if (entry.original.valid() || !onConnection(evidence, evidence.trace.row(entry.row)))
            continue;
        const trace::RowId garbage = garbageBehind(evidence, entry.row);
        const std::string_view text = evidence.trace.text(entry.row);
        const std::size_t head = std::min(text.find("\r\n\r\n"), text.size());
        const bool may = garbage.valid() || text.find("SIP/2.0", head) != std::string_view::npos;
        const auto message = may ? evidence.trace.message(entry.row) : std::nullopt;
        const std::string_view next =
            message ? swallowed(*message, garbage.valid()) : std::string_view();
        if (!next.empty())
            return tell(evidence, entry.row, "it takes in the beginning of the message behind it",
                        at(evidence, entry.row, next, "the next message begins here"), out);
        if (goesOn(evidence, entry.row, garbage)) {
            const auto bytes = evidence.trace.row(garbage).length;
            return tell(evidence, entry.row,
                        fmt::format("{} more of it {} behind what it counts, and begin{} no "
                                    "message",
                                    count(bytes, "byte"), bytes == 1 ? "comes" : "come",
                                    bytes == 1 ? "s" : ""),
                        at(garbage, "the rest of the body"), out);
        }
    }
}

} // namespace

extern const Rule neg_content_length;
const Rule neg_content_length{"neg-content-length",
                              "Content-Length does not fit the body on a connection",
                              Severity::Error,
                              "RFC 3261 section 18.3",
                              "400",
                              R"(
  0.00 alice>bob INVITE offer tcp
* 1.00 bob>alice 183 tag=b answer tcp off=-20
  2.00 bob>alice 200 tag=b answer tcp
  2.05 alice>bob ACK tag=b tcp
)",
                              R"(
  0.00 alice>bob INVITE offer tcp
  1.00 bob>alice 183 tag=b answer tcp
  1.50 bob>alice tcp ping
  2.00 bob>alice 200 tag=b answer tcp
  2.05 alice>bob ACK tag=b tcp
)",
                              check,
                              Reads::Messages};

} // namespace diagnosis::rules
