// SPDX-License-Identifier: Apache-2.0
#include "devices.h"

#include "gst_handles.h"

#include <algorithm>
#include <base/text.h>
#include <memory>
#include <string_view>

namespace media {

namespace {

constexpr std::size_t kMostDevices = 64;

std::string taken(gchar *text)
{
    const std::unique_ptr<gchar, decltype(&g_free)> owned(text, &g_free);
    return owned != nullptr ? owned.get() : "";
}

bool isDefault(GstDevice *device)
{
    gboolean value = FALSE;
    if (GstStructure *facts = gst_device_get_properties(device)) {
        gst_structure_get_boolean(facts, "is-default", &value);
        gst_structure_free(facts);
    }
    return value != FALSE;
}

/// What a pulsesink would be told to play there; empty: it is none of the audio server's.
std::string nameOf(GstDevice *device)
{
    const auto made = gst_device_create_element(device, nullptr);
    if (made == nullptr)
        return {};
    gst_object_ref_sink(made);
    const auto element = Element::adopt(made);
    const GstElementFactory *factory = gst_element_get_factory(made);
    const gchar *kind = factory != nullptr ? GST_OBJECT_NAME(factory) : nullptr;
    if (kind == nullptr || std::string_view(kind) != "pulsesink")
        return {};
    gchar *name = nullptr;
    g_object_get(made, "device", &name, nullptr);
    return taken(name);
}

} // namespace

std::vector<AudioDevice> audioDevices()
{
    std::vector<AudioDevice> out;
    const auto monitor = GstHandle<GstDeviceMonitor>::adopt(gst_device_monitor_new());
    gst_device_monitor_add_filter(monitor.borrow(), "Audio/Sink", nullptr);
    if (gst_device_monitor_start(monitor.borrow()) == FALSE)
        return out;
    GList *list = gst_device_monitor_get_devices(monitor.borrow());
    for (GList *each = list; each != nullptr; each = each->next) {
        const auto device = GstHandle<GstDevice>::adopt(static_cast<GstDevice *>(each->data));
        AudioDevice found{nameOf(device.borrow()),
                          taken(gst_device_get_display_name(device.borrow())),
                          isDefault(device.borrow())};
        if (!found.name.empty() && out.size() < kMostDevices)
            out.push_back(std::move(found));
    }
    g_list_free(list);
    gst_device_monitor_stop(monitor.borrow());
    return out;
}

std::optional<AudioDevice> deviceNamed(const std::vector<AudioDevice> &devices,
                                       const std::string &name)
{
    for (const std::string AudioDevice::*what : {&AudioDevice::name, &AudioDevice::text})
        for (const AudioDevice &each : devices)
            if (base::equalsNoCase(each.*what, name))
                return each;
    return std::nullopt;
}

} // namespace media
