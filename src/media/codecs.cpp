// SPDX-License-Identifier: Apache-2.0
#include "codecs.h"

#include "gst_handles.h"
#include "media.h"

#include <array>
#include <base/text.h>

namespace media {

namespace {

constexpr const char *kGood = "gstreamer1.0-plugins-good";
constexpr const char *kLibav = "gstreamer1.0-libav";
constexpr const char *kBase = "gstreamer1.0-plugins-base";

constexpr std::array<Codec, 7> kCodecs{{
    {"PCMU", "PCMU", "rtppcmudepay", "mulawdec", kGood, 8000},
    {"PCMA", "PCMA", "rtppcmadepay", "alawdec", kGood, 8000},
    {"G722", "G722", "rtpg722depay", nullptr, nullptr, 16000},
    {"GSM", "GSM", "rtpgsmdepay", nullptr, nullptr, 8000},
    {"L16", "L16", "rtpL16depay", nullptr, nullptr, 0},
    {"opus", "OPUS", "rtpopusdepay", "opusdec", kBase, 48000},
    {"G729", "G729", "rtpg729depay", "avdec_g729", kLibav, 8000},
}};

bool exists(const char *element)
{
    GstElementFactory *factory = gst_element_factory_find(element);
    if (factory == nullptr)
        return false;
    gst_object_unref(factory);
    return true;
}

} // namespace

std::span<const Codec> knownCodecs()
{
    return kCodecs;
}

const Codec *codecNamed(std::string_view encoding)
{
    for (const auto &codec : kCodecs)
        if (base::equalsNoCase(codec.encoding, encoding))
            return &codec;
    return nullptr;
}

const char *missingPackage(const Codec &codec)
{
    for (const char *element : {"appsrc", "appsink", "audioconvert", "audioresample"})
        if (!exists(element))
            return kBase;
    if (!exists("rtpjitterbuffer") || !exists(codec.depayloader))
        return kGood;
    return codec.decoder == nullptr || exists(codec.decoder) ? nullptr : codec.decoderPackage;
}

base::Result<void> startGStreamer()
{
    GError *problem = nullptr;
    if (gst_init_check(nullptr, nullptr, &problem) != FALSE)
        return {};
    const std::string why = problem != nullptr ? problem->message : "no reason given";
    g_clear_error(&problem);
    return base::fail(
        base::ErrorCode::NoDevice,
        "GStreamer did not start, so no audio can be played: " + why +
            ". Install the packages gstreamer1.0-plugins-base and gstreamer1.0-plugins-good.");
}

std::string gstreamerVersion()
{
    guint major = 0, minor = 0, micro = 0, nano = 0;
    gst_version(&major, &minor, &micro, &nano);
    return std::to_string(major) + "." + std::to_string(minor) + "." + std::to_string(micro);
}

} // namespace media
