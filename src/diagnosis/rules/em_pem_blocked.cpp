// SPDX-License-Identifier: Apache-2.0
#include <diagnosis/facts.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>

namespace diagnosis::rules {
namespace {

constexpr std::uint64_t kMoreThanStray = 25; // packets, half a second

trace::RowId saidIn(const Evidence &evidence, const calls::EarlyDialog &dialog)
{
    trace::RowId last;
    for (const auto row : dialog.provisionals)
        if (evidence.trace.row(row).earlyMedia)
            last = row;
    return last;
}

void check(const Evidence &evidence, Findings &out)
{
    for (std::uint32_t i = 0; i < evidence.call.earlyDialogs.size(); ++i) {
        const auto &dialog = evidence.call.earlyDialogs[i];
        const auto permission = earlyMediaPermission(dialog);
        if (!permission || callerMayHear(*permission))
            continue;
        const auto said = saidIn(evidence, dialog);
        if (!said.valid())
            continue;
        for (const auto *const stream : evidence.incoming(i)) {
            const auto before = stream->arrivedBefore(evidence.time(said));
            const auto inAll = stream->arrivedBefore(earlyEnd(evidence, i));
            if (inAll < before + kMoreThanStray)
                continue;
            auto &f = out.add("em-pem-blocked", Severity::Warning, Grade::Seen,
                              fmt::format("P-Early-Media says {} [1], and {} came from {} after "
                                          "that and before the answer all the same [2].",
                                          sip::directionText(*permission),
                                          count(inAll - before, "packet"), stream->source.text()));
            f.impact = "A phone that keeps to the header plays its own ringback over an "
                       "announcement that the callee's side believes to be heard.";
            f.evidence = {at(evidence, said, sip::HeaderId::PEarlyMedia, "not allowed"),
                          at(*stream, "early media")};
            f.fixes = {{"Say sendonly or sendrecv where early media is meant to be heard, or gate "
                        "it.",
                        "gateway or SBC", Action::None}};
            return;
        }
    }
}

} // namespace

extern const Rule em_pem_blocked;
const Rule em_pem_blocked{"em-pem-blocked",
                          "Early media flows although the network forbids it",
                          Severity::Warning,
                          "RFC 5009 section 8",
                          "183",
                          R"(
  0.00 alice>bob INVITE offer "P-Early-Media: supported"
* 0.20 bob>alice 183 tag=b answer "P-Early-Media: inactive"
  0.30 bob>alice rtp 100
  4.00 bob>alice 200 tag=b answer
  4.05 alice>bob ACK tag=b
)",
                          R"(
  0.00 alice>bob INVITE offer "P-Early-Media: supported"
  0.20 bob>alice 183 tag=b answer "P-Early-Media: sendonly"
  0.30 bob>alice rtp 100
  4.00 bob>alice 200 tag=b answer
  4.05 alice>bob ACK tag=b
)",
                          check,
                          Reads::Messages};

} // namespace diagnosis::rules
