// SPDX-License-Identifier: Apache-2.0
// Collects what is wrong with single messages: each kind of flaw once, with the rows that have it.
#pragma once

#include <array>
#include <diagnosis/evidence.h>
#include <diagnosis/finding.h>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace diagnosis {

class FlawsSeen
{
public:
    /// Reads the row's message; one without flaws adds nothing. `told`: a flaw that another rule
    /// tells of.
    void add(const trace::Trace &trace, trace::RowId row,
             std::optional<sip::FlawCode> told = std::nullopt);
    /// A finding for each kind. `sender` names who sent a row, `whose` what the rows belong to
    /// ("of this call").
    void tell(const trace::Trace &trace, const std::function<std::string(trace::RowId)> &sender,
              std::string_view whose, Findings &out) const;

private:
    struct Seen {
        std::vector<EvidenceRef> rows;
        std::size_t count = 0;
        sip::Flaw first;
        trace::RowId row;
    };
    std::array<Seen, sip::kFlawCodes> m_found;
};

/// Findings about SIP messages that no call holds because they have no Call-ID (RFC 3261 section
/// 8.1.1). Reads their text: for when a report is made.
std::vector<Finding> looseFindings(const trace::Trace &trace);

} // namespace diagnosis
