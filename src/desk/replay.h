// SPDX-License-Identifier: Apache-2.0
// The sound of a captured call for whoever wants to hear it: its streams as they are, or what one
// kind of phone would have let its caller hear. Everything lies on the clock of the call's ladder.
#pragma once

#include <base/result.h>
#include <diagnosis/ears.h>
#include <functional>
#include <media/program.h>
#include <string>
#include <vector>

namespace desk {

/// Those streams together; none named: all of the call. Errors: none of them can be played, and
/// why.
base::Result<media::Program> streamProgram(const diagnosis::Evidence &evidence,
                                           const std::vector<rtp::StreamId> &streams = {});
/// What that phone's caller hears: its own ringback, of `country`, where it rings by itself; early
/// media and the answered call where it plays them; else silence. Errors: nothing came that a phone
/// could decide on.
base::Result<media::Program> earProgram(const diagnosis::Evidence &evidence,
                                        diagnosis::EarPolicy policy, const std::string &country);
/// "baresip", "rfc3960", as the command line names it; nullopt: no such phone.
std::optional<diagnosis::EarPolicy> earNamed(std::string_view name);
std::string earKey(diagnosis::EarPolicy policy); // "rfc3960"

struct Rendering {
    std::string path;
    base::Duration length{0};
    double level = -96;  // dBFS, over all of it
    std::string trouble; // what is missing in it, a sentence; empty: nothing
};
/// WAV files in `folder` (created), named `stem`-to-caller, -to-callee and -ear-PHONE, all from the
/// call's first packet on; an ear's ends two seconds behind the answer. Takes time; `cancelled` is
/// asked now and then. What cannot be played is left out. Errors: a file cannot be written.
base::Result<std::vector<Rendering>> render(const diagnosis::Evidence &evidence,
                                            const std::string &folder, const std::string &stem,
                                            const std::string &country,
                                            const std::function<bool()> &cancelled = {});

} // namespace desk
