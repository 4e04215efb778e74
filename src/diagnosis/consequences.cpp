// SPDX-License-Identifier: Apache-2.0
#include <diagnosis/consequences.h>

#include <algorithm>
#include <string_view>

namespace diagnosis {
namespace {

struct Follows {
    std::string_view cause, consequence;
    bool ofOneRow = false; // only where both point at one message: there may be several of a kind
};
/// A cause that cannot be told, or is but an info, explains nothing.
constexpr Follows kFollows[] = {
    {"tx-response-lost", "tx-200-no-ack"},
    {"tx-response-lost", "tx-retrans"},
    {"tx-response-lost", "tx-resp-retrans"},
    {"tx-response-lost", "tx-no-100"},
    {"tx-response-lost", "em-no-18x"},
    {"em-answer-unheard", "em-no-18x"},
    {"em-answer-unheard", "em-announcement-then-fail"},
    {"dlg-rr-lost", "tx-200-no-ack"},
    {"tx-ack-wrong", "tx-200-no-ack", true},
    {"dlg-contact-unroutable", "tx-200-no-ack", true},
    {"rt-rport-missing", "em-no-18x"},
    {"rt-rport-missing", "tx-response-lost"},
    {"flow-hidden", "em-no-18x"},
    {"flow-failover-missing", "em-no-18x"},
    {"flow-430-initial", "em-no-18x"},
    {"flow-430-initial", "rt-gruu-lost"},
    {"flow-hidden", "rt-gruu-lost"},
    {"flow-not-used", "em-no-18x"},
    {"flow-parallel-same-instance", "tx-482"},
    {"flow-parallel-same-instance", "tx-merged-482"},
    {"flow-430-in-dialog", "em-prack-rejected"},
};

bool explains(const Finding &finding)
{
    return finding.severity != Severity::Info && finding.grade != Grade::CannotTell;
}

bool shareRow(const Finding &a, const Finding &b)
{
    return std::any_of(a.evidence.begin(), a.evidence.end(), [&](const EvidenceRef &one) {
        return one.row.valid() &&
               std::any_of(b.evidence.begin(), b.evidence.end(),
                           [&](const EvidenceRef &other) { return other.row == one.row; });
    });
}

} // namespace

void dropConsequences(Findings &findings)
{
    const auto follows = [&](const Finding &each) {
        return std::any_of(std::begin(kFollows), std::end(kFollows), [&](const Follows &pair) {
            return pair.consequence == each.rule &&
                   std::any_of(findings.list.begin(), findings.list.end(),
                               [&](const Finding &cause) {
                                   return cause.rule == pair.cause && explains(cause) &&
                                          (!pair.ofOneRow || shareRow(cause, each));
                               });
        });
    };
    std::vector<bool> gone;
    for (const auto &each : findings.list)
        gone.push_back(follows(each));
    std::vector<Finding> kept;
    for (std::size_t i = 0; i < gone.size(); ++i)
        if (!gone[i])
            kept.push_back(std::move(findings.list[i]));
    findings.list = std::move(kept);
}

} // namespace diagnosis
