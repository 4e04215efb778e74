// SPDX-License-Identifier: Apache-2.0
// Calls our own address of record: is what is registered also reached?
#pragma once

#include <desk/drill_calls.h>
#include <optional>
#include <ui/panels/sheet_dialog.h>

namespace ui {

class SelfCallDialog : public SheetDialog
{
    Q_OBJECT
public:
    using Phone = desk::DrillCalls::Phone;
    SelfCallDialog(Store &store, Theme &theme, FlowTarget target, Phone phone,
                   QWidget *parent = nullptr);
    ~SelfCallDialog() override;

protected:
    QString consent(const base::FlowReport &flow) const override;
    QString unable() const override;
    bool begun() const override { return m_call.has_value(); }
    void begin(const base::FlowReport &flow) override;
    void look(const base::FlowReport *flow) override;
    std::vector<Line> lines() const override;
    Verdict verdict() const override;
    std::string table() const override;

private:
    const desk::AccountInfo *account() const; // nullptr: it was removed
    void follow(const desk::CallInfo &call);
    void hangUp();
    std::string conclusion() const;

    Phone m_phone;
    engine::CallHandle m_own;
    std::optional<desk::SelfCall> m_call; // once begun
    QString m_stage;                      // of our own call
};

} // namespace ui
