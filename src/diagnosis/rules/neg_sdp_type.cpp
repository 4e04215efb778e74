// SPDX-License-Identifier: Apache-2.0
#include <base/text.h>
#include <diagnosis/facts.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>

namespace diagnosis::rules {
namespace {

bool mayDescribe(sip::Method method)
{
    return method == sip::Method::Invite || method == sip::Method::Ack ||
           method == sip::Method::Prack || method == sip::Method::Update;
}

/// A body that begins as SDP does, with an audio line, under another type.
bool mislabelled(const Evidence &evidence, trace::RowId id, std::string_view &type)
{
    const auto &row = evidence.trace.row(id);
    if (row.kind != trace::RowKind::Message || row.hasSdp || !mayDescribe(row.method) ||
        (row.bodyAt != 0 && !row.body().starts_with("v=0")) ||
        evidence.trace.text(id).ends_with("\r\n\r\n") || // no body
        evidence.trace.text(id).find("\r\n\r\nv=0") == std::string_view::npos)
        return false;
    const auto &message = evidence.message(id);
    type = message.value(sip::HeaderId::ContentType);
    const auto kind = base::lower(base::trim(type.substr(0, type.find(';'))));
    return message.body.starts_with("v=0") &&
           message.body.find("\nm=audio ") != std::string_view::npos && kind != "application/sdp" &&
           !kind.starts_with("multipart/") &&
           message.find(sip::HeaderId::ContentEncoding) == nullptr;
}

void check(const Evidence &evidence, Findings &out)
{
    for (const auto &entry : evidence.call.rows) {
        std::string_view type;
        if (entry.original.valid() || !mislabelled(evidence, entry.row, type))
            continue;
        // Somebody was lenient.
        const bool answered = evidence.call.answered.known();
        auto &f = out.add(
            "neg-sdp-type", answered ? Severity::Warning : Severity::Error, Grade::Seen,
            fmt::format("{} sent a description of media [1] under {}.", sender(evidence, entry.row),
                        type.empty() ? std::string("no Content-Type")
                                     : fmt::format("the Content-Type {}", shown(type))));
        f.impact =
            "A receiver that goes by the type sees no offer or answer in it: it answers 415, "
            "or takes the call for one without audio.";
        f.evidence = {type.empty() ? at(entry.row, "no Content-Type")
                                   : at(evidence, entry.row, sip::HeaderId::ContentType,
                                        "not application/sdp")};
        f.fixes = {{"Send SDP as application/sdp.", "sender of the message", Action::None}};
        return;
    }
}

} // namespace

extern const Rule neg_sdp_type;
const Rule neg_sdp_type{"neg-sdp-type",
                        "A description that is not called one",
                        Severity::Error,
                        "RFC 3261 section 20.15",
                        "415",
                        R"(
* 0.00 alice>bob INVITE offer type=text/plain
* 0.05 bob>alice 415 tag=b
* 0.06 alice>bob ACK tag=b
)",
                        R"(
  0.00 alice>bob INVITE offer type=application/sdp;charset=UTF-8
  0.05 bob>alice 486 tag=b
  0.06 alice>bob ACK tag=b
)",
                        check,
                        Reads::Messages};

} // namespace diagnosis::rules
