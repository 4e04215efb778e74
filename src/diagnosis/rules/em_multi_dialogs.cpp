// SPDX-License-Identifier: Apache-2.0
#include <diagnosis/facts.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>

namespace diagnosis::rules {
namespace {

constexpr std::size_t kListed = 4;

void check(const Evidence &evidence, Findings &out)
{
    const auto &call = evidence.call;
    if (call.kind != calls::Kind::Call || call.earlyDialogs.size() < 2)
        return;
    std::vector<trace::RowId> described;
    for (const auto &dialog : call.earlyDialogs)
        if (dialog.firstSdp.valid())
            described.push_back(dialog.firstSdp);
    if (described.size() < 2)
        return;
    std::string list;
    std::vector<EvidenceRef> places;
    for (const auto row : described) {
        if (places.size() == kListed)
            break;
        places.push_back(at(row, "early media of one branch"));
        list +=
            fmt::format("{}{} (To-tag {}) [{}]", list.empty() ? "" : ", ", sender(evidence, row),
                        shown(evidence.trace.tag(evidence.trace.row(row).toTag)), places.size());
    }
    auto &f =
        out.add("em-multi-dialogs", Severity::Info, Grade::Seen,
                fmt::format("The call forked, and {} branches described early media: {}{}.",
                            described.size(), list, described.size() > kListed ? ", ..." : ""));
    f.impact = "A telephone plays one of them at a time; which one differs from make to make.";
    f.evidence = std::move(places);
    f.fixes = {{"Nothing is wrong; see in the ladder which branch is heard, and why.",
                "caller's user agent", Action::None}};
}

} // namespace

extern const Rule em_multi_dialogs;
const Rule em_multi_dialogs{"em-multi-dialogs",
                            "Several branches with early media",
                            Severity::Info,
                            "RFC 3261 section 12.1",
                            "183",
                            R"(
  0.00 alice>proxy INVITE offer
  0.10 proxy>alice 183 tag=b sdp=0@bob
* 0.11 proxy>alice 183 tag=c sdp=0@carol
)",
                            R"(
  0.00 alice>proxy INVITE offer
  0.10 proxy>alice 183 tag=b sdp=0@bob
  0.11 proxy>alice 180 tag=c
)",
                            check};

} // namespace diagnosis::rules
