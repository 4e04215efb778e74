// SPDX-License-Identifier: Apache-2.0
#include <diagnosis/same_binding.h>

#include <base/text.h>

namespace diagnosis {

bool sameBinding(const sip::NameAddress &bound, const sip::NameAddress &asked)
{
    const auto instance = bound.parameter("+sip.instance"), own = asked.parameter("+sip.instance");
    if (instance && own) {
        const auto regId = bound.parameter("reg-id"), ownId = asked.parameter("reg-id");
        return base::equalsNoCase(*instance, *own) && (!regId || !ownId || *regId == *ownId);
    }
    return !bound.ok || instance || bound.uri.user == asked.uri.user ||
           base::equalsNoCase(bound.uri.host, asked.uri.host);
}

} // namespace diagnosis
