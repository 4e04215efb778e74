// SPDX-License-Identifier: Apache-2.0
// A drill on one of our own flows: breaks it on purpose and times the recovery against RFC 5626.
#pragma once

#include <desk/drill_sheet.h>
#include <optional>
#include <ui/panels/sheet_dialog.h>

namespace ui {

class DrillDialog : public SheetDialog
{
    Q_OBJECT
public:
    DrillDialog(Store &store, Theme &theme, FlowTarget target, engine::Drill what,
                QWidget *parent = nullptr);

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
    engine::Drill m_what;
    std::optional<desk::DrillSheet> m_sheet; // once begun
};

} // namespace ui
