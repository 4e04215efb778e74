// SPDX-License-Identifier: Apache-2.0
#include <diagnosis/facts.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>

namespace diagnosis::rules {
namespace {

std::optional<std::uint32_t> askedFor(const Evidence &evidence, trace::RowId request)
{
    return evidence.message(request).number(sip::HeaderId::SessionExpires);
}

void check(const Evidence &evidence, Findings &out)
{
    const calls::Transaction *before = nullptr;
    for (const auto &transaction : evidence.call.transactions) {
        if (transaction.finalStatus != 422 || !transaction.finalResponse.valid() ||
            !transaction.request.valid())
            continue;
        const auto *const first = before;
        before = &transaction;
        if (first == nullptr || first->method != transaction.method ||
            first->pair != transaction.pair || transaction.cseq <= first->cseq)
            continue;
        const auto least = evidence.message(first->finalResponse).number(sip::HeaderId::MinSe);
        const auto asked = askedFor(evidence, transaction.request);
        if (!least || !asked || *asked >= *least)
            continue;
        auto &f = out.add("dlg-422-loop", Severity::Warning, Grade::Seen,
                          fmt::format("{} was told Min-SE {} [1] and asked again for a session of "
                                      "{} s [2].",
                                      sender(evidence, transaction.request), *least, *asked));
        f.impact = "The call does not come about, however often it is tried.";
        f.evidence = {at(evidence, first->finalResponse, sip::HeaderId::MinSe, "the least"),
                      at(evidence, transaction.request, sip::HeaderId::SessionExpires,
                         "asked again for less")};
        f.fixes = {{"Repeat the request with the Min-SE of the 422 as Session-Expires and Min-SE.",
                    "caller's user agent", Action::None}};
        return;
    }
}

} // namespace

extern const Rule dlg_422_loop;
const Rule dlg_422_loop{"dlg-422-loop",
                        "Calling again without heeding Min-SE",
                        Severity::Warning,
                        "RFC 4028 section 7.3",
                        "422",
                        R"(
  0.00 alice>bob INVITE offer "Supported: timer" "Session-Expires: 90"
  0.10 bob>alice 422 tag=b "Min-SE: 1800"
  0.11 alice>bob ACK tag=b
* 0.20 alice>bob INVITE cseq=2 offer "Supported: timer" "Session-Expires: 90"
* 0.30 bob>alice 422 tag=c "Min-SE: 1800"
)",
                        R"(
  0.00 alice>bob INVITE offer "Supported: timer" "Session-Expires: 90"
  0.10 bob>alice 422 tag=b "Min-SE: 1800"
  0.11 alice>bob ACK tag=b
  0.20 alice>bob INVITE cseq=2 offer "Supported: timer" "Session-Expires: 1800" "Min-SE: 1800"
  0.30 bob>alice 422 tag=c "Min-SE: 3600"
)",
                        check,
                        Reads::Messages};

} // namespace diagnosis::rules
