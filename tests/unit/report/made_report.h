// SPDX-License-Identifier: Apache-2.0
// A report about one made-up call.
#pragma once

#include <report/format.h>
#include <sstream>
#include <unit/ladder/made_call.h>

namespace made {

class Report
{
public:
    explicit Report(Call &call)
        : calls{{call.call(), call.streams, call.findings, {}}}, input{call.trace, calls,
                                                                       call.flows, storyNames(),
                                                                       call.clock, "a story",
                                                                       true,       {}}
    {
    }
    std::string write(std::string_view id) const
    {
        std::ostringstream out;
        report::format(id)->write(input, out);
        return out.str();
    }

    std::vector<report::ReportCall> calls;
    report::ReportInput input;
};

} // namespace made
