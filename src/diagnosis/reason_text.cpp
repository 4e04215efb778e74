// SPDX-License-Identifier: Apache-2.0
#include <diagnosis/reason_text.h>

#include <algorithm>
#include <array>
#include <base/text.h>
#include <diagnosis/facts.h>
#include <fmt/format.h>
#include <sip/status.h>
#include <sip/uri.h>
#include <utility>

namespace diagnosis {
namespace {

using Cause = std::pair<int, std::string_view>;
constexpr std::array kCauses{
    Cause{1, "number not assigned"},
    Cause{2, "no route to that transit network"},
    Cause{3, "no route to the destination"},
    Cause{4, "send special information tone"},
    Cause{5, "wrong trunk prefix"},
    Cause{6, "channel unacceptable"},
    Cause{16, "normal clearing"},
    Cause{17, "user busy"},
    Cause{18, "no user responds"},
    Cause{19, "no answer, the user was alerted"},
    Cause{20, "subscriber absent"},
    Cause{21, "call rejected"},
    Cause{22, "number changed"},
    Cause{23, "redirection to a new destination"},
    Cause{25, "routing error at an exchange"},
    Cause{26, "cleared in favour of another user"},
    Cause{27, "destination out of order"},
    Cause{28, "number incomplete or in a wrong format"},
    Cause{29, "facility rejected"},
    Cause{30, "answer to a status enquiry"},
    Cause{31, "normal, unspecified"},
    Cause{34, "no circuit available"},
    Cause{38, "network out of order"},
    Cause{41, "temporary failure"},
    Cause{42, "congestion of switching equipment"},
    Cause{43, "access information discarded"},
    Cause{44, "requested circuit not available"},
    Cause{46, "blocked by precedence"},
    Cause{47, "resource unavailable"},
    Cause{49, "quality of service not available"},
    Cause{50, "facility not subscribed"},
    Cause{55, "incoming calls barred within the user group"},
    Cause{57, "bearer capability not authorised"},
    Cause{58, "bearer capability not available now"},
    Cause{63, "service or option not available"},
    Cause{65, "bearer capability not implemented"},
    Cause{66, "channel type not implemented"},
    Cause{69, "facility not implemented"},
    Cause{79, "service or option not implemented"},
    Cause{81, "invalid call reference"},
    Cause{87, "user is no member of the group"},
    Cause{88, "incompatible destination"},
    Cause{91, "invalid transit network"},
    Cause{95, "invalid message"},
    Cause{96, "a mandatory element is missing"},
    Cause{97, "message type unknown"},
    Cause{98, "message does not fit the state of the call"},
    Cause{99, "information element unknown"},
    Cause{100, "content of an information element invalid"},
    Cause{101, "message does not fit the state of the call"},
    Cause{102, "recovery on timer expiry"},
    Cause{103, "parameter unknown, passed on"},
    Cause{111, "protocol error"},
    Cause{127, "interworking, unspecified"},
};

} // namespace

std::string_view isdnCause(long long cause)
{
    const auto *const found = std::find_if(kCauses.begin(), kCauses.end(),
                                           [&](const Cause &each) { return each.first == cause; });
    return found == kCauses.end() ? std::string_view() : found->second;
}

std::string reasonText(std::string_view value)
{
    const auto cause = base::toInteger(sip::parameter(value, "cause").value_or(""));
    const auto protocol = base::trim(value.substr(0, value.find(';')));
    std::string_view meaning;
    if (cause && base::equalsNoCase(protocol, "Q.850"))
        meaning = isdnCause(*cause);
    else if (cause && *cause >= 100 && *cause <= 699 && base::equalsNoCase(protocol, "SIP"))
        meaning = sip::phrase(static_cast<int>(*cause));
    return meaning.empty() ? shown(value) : fmt::format("{} ({})", shown(value), meaning);
}

} // namespace diagnosis
