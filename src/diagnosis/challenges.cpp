// SPDX-License-Identifier: Apache-2.0
#include <diagnosis/challenges.h>

namespace diagnosis {
namespace {

std::vector<std::string_view> valuesOf(const Evidence &evidence, trace::RowId row,
                                       sip::HeaderId one, sip::HeaderId other)
{
    std::vector<std::string_view> out;
    if (!evidence.mayHave(row, one) && !evidence.mayHave(row, other))
        return out;
    for (const auto &header : evidence.message(row).headers)
        if (header.id == one || header.id == other)
            out.push_back(header.value);
    return out;
}

} // namespace

std::vector<std::string_view> challengesOf(const Evidence &evidence, trace::RowId response)
{
    return valuesOf(evidence, response, sip::HeaderId::WwwAuthenticate,
                    sip::HeaderId::ProxyAuthenticate);
}

std::vector<std::string_view> credentialsOf(const Evidence &evidence, trace::RowId request)
{
    return valuesOf(evidence, request, sip::HeaderId::Authorization,
                    sip::HeaderId::ProxyAuthorization);
}

std::string_view algorithmOf(std::string_view value)
{
    const auto named = digestParameter(value, "algorithm");
    return named.empty() ? std::string_view("MD5") : named;
}

const calls::Transaction *answerTo(const Evidence &evidence, const calls::Transaction &challenged)
{
    for (const auto &t : evidence.call.transactions) {
        if (&t == &challenged || t.method != challenged.method || t.pair != challenged.pair ||
            !t.request.valid() || t.started < challenged.finished || t.cseq <= challenged.cseq)
            continue;
        return credentialsOf(evidence, t.request).empty() ? nullptr : &t;
    }
    return nullptr;
}

} // namespace diagnosis
