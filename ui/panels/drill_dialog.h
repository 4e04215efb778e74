// SPDX-License-Identifier: Apache-2.0
// A drill on one of our own flows: breaks it on purpose and times the recovery against RFC 5626.
#pragma once

#include <desk/drill_calls.h>
#include <optional>
#include <ui/panels/sheet_dialog.h>

class QCheckBox;

namespace ui {

class DrillDialog : public SheetDialog
{
    Q_OBJECT
public:
    /// With a phone the proxy may be timed as well.
    DrillDialog(Store &store, Theme &theme, FlowTarget target, engine::Drill what,
                desk::DrillCalls::Phone phone = {}, QWidget *parent = nullptr);

Q_SIGNALS:
    /// The user agreed; the sheet runs from now on.
    void agreed(engine::AccountHandle account, std::uint32_t regId, engine::Drill what);

protected:
    QString consent(const base::FlowReport &flow) const override;
    QString unable() const override;
    bool begun() const override { return m_sheet.has_value(); }
    void begin(const base::FlowReport &flow) override;
    void look(const base::FlowReport *flow) override;
    std::vector<Line> lines() const override;
    Verdict verdict() const override;
    std::string table() const override { return m_sheet->table(); }

private:
    const desk::AccountInfo *account() const; // nullptr: it was removed
    void follow(const desk::CallInfo &call, bool isNew);

    engine::Drill m_what;
    desk::DrillCalls::Phone m_phone;
    QCheckBox *m_call = nullptr;
    std::optional<desk::DrillSheet> m_sheet; // once begun
    std::optional<desk::DrillCalls> m_calls; // where they are wanted
};

} // namespace ui
