// SPDX-License-Identifier: Apache-2.0
// The codecs we can play and the GStreamer elements, fixed and named, that each takes; gst_init.
// Media thread.
#pragma once

#include <base/result.h>
#include <cstdint>
#include <span>
#include <string_view>

namespace media {

struct Codec {
    std::string_view encoding; // as SDP writes it
    std::string_view capsName; // as GStreamer's caps write it
    const char *depayloader;
    const char *decoder;        // nullptr: rtp/voice.h decodes it
    const char *decoderPackage; // Debian's; the depayloaders are all in gstreamer1.0-plugins-good
    std::uint32_t audioRate;    // samples a second that we take from the decoder; 0: RTP's clock
};

std::span<const Codec> knownCodecs();
/// SDP encoding names know no case (RFC 4855 section 3). nullptr: not ours.
const Codec *codecNamed(std::string_view encoding);
/// The Debian package that is missing, nullptr: everything is there.
const char *missingPackage(const Codec &codec);

/// Once per process is enough, more is harmless; may take a second when the plug-in registry is
/// built.
base::Result<void> startGStreamer();

} // namespace media
