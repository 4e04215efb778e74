// SPDX-License-Identifier: Apache-2.0
// The end of a finding, as rules about what did not get through have it: what it means, where it is
// to be seen, who can do what about it.
#pragma once

#include <diagnosis/finding.h>
#include <string>
#include <utility>
#include <vector>

namespace diagnosis {

inline void conclude(Finding &finding, std::string impact, std::vector<EvidenceRef> evidence,
                     std::vector<Fix> fixes)
{
    finding.impact = std::move(impact);
    finding.evidence = std::move(evidence);
    finding.fixes = std::move(fixes);
}

} // namespace diagnosis
