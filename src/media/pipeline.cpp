// SPDX-License-Identifier: Apache-2.0
#include "pipeline.h"

#include <gst/app/gstappsrc.h>

namespace media {

base::Result<Pipeline> Pipeline::make(const std::vector<Part> &parts)
{
    Pipeline out;
    // A new element's reference is floating: sinking it makes it ours.
    out.m_pipeline = Element::adopt(GST_ELEMENT(gst_object_ref_sink(gst_pipeline_new(nullptr))));
    out.m_bus = Bus::adopt(gst_element_get_bus(out.m_pipeline.borrow()));
    GstElement *previous = nullptr;
    for (const auto &[element, name] : parts) {
        GstElement *next = gst_element_factory_make(element, name);
        if (next == nullptr)
            return base::fail(
                base::ErrorCode::NoDevice,
                std::string("The GStreamer element ") + element +
                    " is missing, so this audio cannot be played. Install the packages "
                    "gstreamer1.0-plugins-base and gstreamer1.0-plugins-good.");
        gst_bin_add(GST_BIN(out.m_pipeline.borrow()), next); // takes the floating reference
        if (previous != nullptr && gst_element_link(previous, next) == FALSE)
            return base::fail(base::ErrorCode::Internal, "An audio chain could not be linked.",
                              std::string("before ") + element);
        previous = next;
    }
    return out;
}

Pipeline::~Pipeline()
{
    if (m_pipeline)
        gst_element_set_state(m_pipeline.borrow(), GST_STATE_NULL); // joins its threads
}

GstElement *Pipeline::part(const char *name) const
{
    // get_by_name() hands over a reference that the bin holds anyway.
    return Element::adopt(gst_bin_get_by_name(GST_BIN(m_pipeline.borrow()), name)).borrow();
}

bool Pipeline::play(base::Duration limit)
{
    if (gst_element_set_state(m_pipeline.borrow(), GST_STATE_PLAYING) == GST_STATE_CHANGE_FAILURE)
        return false;
    const auto result = gst_element_get_state(m_pipeline.borrow(), nullptr, nullptr,
                                              static_cast<GstClockTime>(limit.count()));
    return result == GST_STATE_CHANGE_SUCCESS || result == GST_STATE_CHANGE_NO_PREROLL;
}

std::optional<std::string> Pipeline::trouble()
{
    std::optional<std::string> out;
    for (int i = 0; i < 64; ++i) {
        const auto message = Message::adopt(gst_bus_pop(m_bus.borrow()));
        if (!message)
            break;
        if (GST_MESSAGE_TYPE(message.borrow()) != GST_MESSAGE_ERROR || out)
            continue;
        GError *error = nullptr;
        gst_message_parse_error(message.borrow(), &error, nullptr);
        out = error != nullptr ? error->message : "unknown";
        g_clear_error(&error);
    }
    return out;
}

void set(GstElement *element, const char *property, bool value)
{
    g_object_set(element, property, value ? TRUE : FALSE, nullptr);
}

void set(GstElement *element, const char *property, int value)
{
    g_object_set(element, property, value, nullptr);
}

void set(GstElement *element, const char *property, std::int64_t value)
{
    g_object_set(element, property, static_cast<gint64>(value), nullptr);
}

void set(GstElement *element, const char *property, const char *value)
{
    g_object_set(element, property, value, nullptr);
}

void setText(GstElement *element, const char *property, const char *value)
{
    gst_util_set_object_arg(G_OBJECT(element), property, value);
}

Caps rawCaps(std::uint32_t rate)
{
    return Caps::adopt(gst_caps_new_simple(
        "audio/x-raw", "format", G_TYPE_STRING, "S16LE", "layout", G_TYPE_STRING, "interleaved",
        "rate", G_TYPE_INT, static_cast<int>(rate), "channels", G_TYPE_INT, 1, nullptr));
}

void configureSource(GstElement *appsrc, GstCaps *caps, int most)
{
    g_object_set(appsrc, "caps", caps, "format", GST_FORMAT_TIME, "max-bytes",
                 static_cast<guint64>(0), "max-buffers", static_cast<guint64>(most), nullptr);
    setText(appsrc, "leaky-type", "downstream"); // the old goes, the new stays
}

bool push(GstElement *appsrc, std::string_view bytes, GstClockTime time, bool marked)
{
    GstBuffer *buffer = gst_buffer_new_memdup(bytes.data(), bytes.size());
    GST_BUFFER_PTS(buffer) = time;
    GST_BUFFER_DTS(buffer) = time;
    if (marked)
        GST_BUFFER_FLAG_SET(buffer, GST_BUFFER_FLAG_MARKER);
    return gst_app_src_push_buffer(GST_APP_SRC(appsrc), buffer) == GST_FLOW_OK; // takes the buffer
}

} // namespace media
