// SPDX-License-Identifier: Apache-2.0
// The filter language over calls, first form: words that all have to match, `field:value`, `!`
// before a term turns it round. Fields: code (430, 4xx), method, from, to, call-id, state, finding
// (error, warning, info), rule, earlymedia (yes, no), ip, port, codec. pdd and dur are compared
// with a length of time (pdd>5s). A word matches any text of the call's messages.
#pragma once

#include <base/result.h>
#include <session/session.h>
#include <string>
#include <string_view>
#include <vector>

namespace session {

class Filter
{
public:
    /// Errors: an unknown field, with the fields there are; a value that a field cannot have. An
    /// empty expression matches everything.
    static base::Result<Filter> parse(std::string_view expression);

    bool matches(const CallView &view, const trace::Trace &trace) const;
    bool empty() const { return m_terms.empty(); }

private:
    using Match = bool (*)(const CallView &view, const trace::Trace &trace,
                           const std::string &value);
    struct Term {
        Match match = nullptr;
        std::string value; // lower case
        bool negated = false;
    };
    static base::Result<Term> termOf(std::string_view word);

    std::vector<Term> m_terms;
};

} // namespace session
