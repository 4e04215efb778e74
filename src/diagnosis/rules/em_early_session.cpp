// SPDX-License-Identifier: Apache-2.0
#include <base/text.h>
#include <diagnosis/facts.h>
#include <diagnosis/offer_answer.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>

namespace diagnosis::rules {
namespace {

constexpr int kMost = 64; // messages with a body that are looked at

bool isEarlySession(std::string_view disposition)
{
    return base::equalsNoCase(base::trim(disposition.substr(0, disposition.find(';'))),
                              "early-session");
}

/// A description of media that is to last until the answer only (RFC 3959 section 3).
bool describesEarlySession(const sip::Message &message)
{
    if (message.body.empty())
        return false;
    if (isEarlySession(message.value(sip::HeaderId::ContentDisposition)))
        return true;
    if (!base::lower(message.value(sip::HeaderId::ContentType)).starts_with("multipart/"))
        return false;
    for (const auto &part : sip::parts(message))
        if (isEarlySession(part.disposition))
            return true;
    return false;
}

/// By the index alone: it has no body, or a plain one that describes the session.
bool surelyNot(const trace::Row &row)
{
    return row.bodyAt != 0 && (row.hasSdp || row.bodyAt == row.length);
}

/// Did the other side say that it can do that? Only what it sent before counts.
bool asked(const Evidence &evidence, trace::RowId by)
{
    const auto &row = evidence.trace.row(by);
    for (const auto &entry : evidence.call.rows) {
        const auto &other = evidence.trace.row(entry.row);
        if (entry.row == by)
            break;
        if (trace::isMessage(other.kind) &&
            evidence.trace.source(entry.row).address == evidence.trace.destination(by).address &&
            evidence.message(entry.row).lists(sip::HeaderId::Supported, "early-session"))
            return true;
    }
    return row.status == 0; // whoever offers it in a request asks by that
}

void check(const Evidence &evidence, Findings &out)
{
    if (evidence.call.kind != calls::Kind::Call)
        return;
    int looked = 0;
    for (const auto &entry : evidence.call.rows) {
        if (entry.original.valid() || evidence.trace.row(entry.row).kind != trace::RowKind::Message)
            continue;
        const auto &row = evidence.trace.row(entry.row);
        if (surelyNot(row)) {
            looked += row.hasSdp ? 1 : 0;
            continue;
        }
        const auto &message = evidence.message(entry.row);
        if (message.body.empty())
            continue;
        if (++looked > kMost)
            return;
        if (!describesEarlySession(message))
            continue;
        const bool wanted = asked(evidence, entry.row);
        auto &f = out.add(
            "em-early-session", wanted ? Severity::Info : Severity::Warning, Grade::Seen,
            fmt::format("The {} of {} describes media of its own for the time before the answer "
                        "(Content-Disposition: early-session) [1]{}.",
                        messageText(evidence, entry.row), sender(evidence, entry.row),
                        wanted ? "" : ", though the other side did not say that it can do that"));
        f.impact = wanted ? "Early media has an offer and an answer of its own, which end with the "
                            "call's answer."
                          : "Who does not know it ignores that part: of this early media nothing "
                            "is heard.";
        f.evidence = {at(evidence, entry.row, sip::HeaderId::ContentType, "early-session")};
        f.fixes = {{"Send such a description only to who lists early-session in Supported, and "
                    "early media by the session itself to everybody else.",
                    "gateway or SBC", Action::None}};
        return;
    }
}

} // namespace

extern const Rule em_early_session;
const Rule em_early_session{"em-early-session",
                            "Early media with a description of its own",
                            Severity::Warning,
                            "RFC 3959 sections 3 and 6",
                            "183",
                            R"(
  0.00 alice>bob INVITE offer
* 0.20 bob>alice 183 tag=b sdp=0 "Content-Disposition: early-session"
  6.00 bob>alice 200 tag=b answer
  6.05 alice>bob ACK tag=b
)",
                            R"(
  0.00 alice>bob INVITE offer
  0.20 bob>alice 183 tag=b sdp=0 "Content-Disposition: session;handling=required"
  6.00 bob>alice 200 tag=b answer
  6.05 alice>bob ACK tag=b
)",
                            check,
                            Reads::Messages};

} // namespace diagnosis::rules
