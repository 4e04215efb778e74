// SPDX-License-Identifier: Apache-2.0
// A text under construction whose [1], [2] always count its evidence; used by the explanations.
// Owned by the caller.
#pragma once

#include <diagnosis/explain.h>
#include <diagnosis/facts.h>
#include <string>
#include <vector>

namespace diagnosis {

class Telling
{
public:
    /// "[3]": the number of that place, a new one unless it was cited before.
    std::string cite(EvidenceRef ref);
    /// Adds a sentence, with a space before it if there was one.
    void say(std::string_view sentence);
    /// Adds a finding's sentence; its numbers become this text's.
    void say(const Finding &finding);

    std::string text;
    std::vector<EvidenceRef> evidence;
};

// One subject each; they say nothing where the trace has nothing to say.
void tellProvisional(const Evidence &evidence, trace::RowId row, Telling &out);
/// `about` gets actor, expectation, impact and fixes.
void tellFlowFailure(const Evidence &evidence, trace::RowId row, Telling &out, Explanation &about);
void tellFinal(const Evidence &evidence, trace::RowId row, Telling &out);
void tellRequest(const Evidence &evidence, trace::RowId row, Telling &out);
/// A route that names a flow makes other codes faces of the same fault as 430.
bool mayHideFlow(const Evidence &evidence, trace::RowId row);
void tellHiddenFlow(const Evidence &evidence, trace::RowId row, Telling &out);

/// "INVITE", "BYE inside the dialog"
std::string requestText(const Evidence &evidence, const calls::Transaction &transaction);
/// "192.0.2.1:5060 (Kamailio) answered the INVITE [1] with 486 Busy Here 2.1 s later [2]."
void tellAnswer(const Evidence &evidence, const calls::Transaction *transaction, trace::RowId row,
                Telling &out);

/// The first sentence of a code's article.
std::string_view articleMeaning(int code);
/// A line "- **Name:** text" of an article; empty: it has none.
std::string_view articleFact(int code, std::string_view name);

} // namespace diagnosis
