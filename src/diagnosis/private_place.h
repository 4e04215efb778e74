// SPDX-License-Identifier: Apache-2.0
// Media that is wanted at a private address by a side that signals from a public one (RFC 3264
// section 5.1): nobody out there can send to it. Pure functions of the Evidence, any thread.
#pragma once

#include <diagnosis/evidence.h>
#include <optional>

namespace diagnosis {

/// An address that others out there may be at, or send to.
inline bool outside(const base::Address &address)
{
    return address.known() && !address.isPrivate() && !address.isUnspecified();
}

struct PrivatePlace {
    trace::RowId row; // the description
    bool byCaller = false;
    base::Endpoint place;
    base::Address signalsFrom;
};
/// The first description of the call that asks for it, where neither ICE nor the media that was
/// seen shows that it works all the same. nullopt: none.
std::optional<PrivatePlace> privatePlace(const Evidence &evidence);

} // namespace diagnosis
