package ku8

import (
	"encoding/json"
	"fmt"
	"unsafe"
)

// The contract's functions (ku8:template/provider@1.0.0) as the component model lays them out in memory: texts and
// lists are an address and a length, and each function returns the address of its answer.

// What was handed out stays: a template lives for one call.
var kept []any

//go:wasmexport cabi_realloc
func realloc(old, oldSize, align, size uint32) uint32 {
	// Words of eight bytes suit every alignment the contract asks for.
	block := make([]uint64, (size+7)/8+1)
	kept = append(kept, block)
	at := address(unsafe.Pointer(unsafe.SliceData(block)))
	if old != 0 {
		copy(memory(at, size), memory(old, min(oldSize, size)))
	}
	return at
}

//go:wasmexport ku8:template/provider@1.0.0#metadata
func metadata() uint32 { return words(text(document(exported.Metadata()))) }

//go:wasmexport ku8:template/provider@1.0.0#schema
func schema() uint32 { return words(text(document(exported.Schema()))) }

//go:wasmexport ku8:template/provider@1.0.0#render
func render(at, length uint32) uint32 {
	rendered, findings := answer(memory(at, length))
	if findings != nil {
		return words([]uint32{1}, list(findings, diagnostic))
	}
	return words([]uint32{0},
		list(rendered.objects, func(o object) []uint32 {
			return join(text(o.id), []uint32{o.stage}, text(document(o.manifest)))
		}),
		text(document(filled(rendered.Secrets))), text(document(filled(rendered.Outputs))),
		text(rendered.Notes), text("{}"), list(rendered.Warnings, diagnostic))
}

// A template that panics refuses the values and says why.
func answer(request []byte) (rendered *Rendered, findings Findings) {
	defer func() {
		if reason := recover(); reason != nil {
			findings = Findings{Error("", "kit.panic", fmt.Sprintf("the template has a fault: %v", reason))}
		}
	}()
	var asked Request
	if err := json.Unmarshal(request, &asked); err != nil {
		return nil, Findings{Error("", "kit.request.unreadable", err.Error())}
	}
	rendered, findings = exported.Render(&asked)
	if rendered == nil && findings == nil {
		panic("it rendered nothing and refused nothing")
	}
	return rendered, findings
}

func diagnostic(f Finding) []uint32 {
	hint := []uint32{0, 0, 0}
	if f.Hint != "" {
		hint = join([]uint32{1}, text(f.Hint))
	}
	return join([]uint32{uint32(f.Severity)}, text(f.Path), text(f.Code), text(f.Message), hint)
}

// A list that is empty is written [], not null.
func filled[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

func document(value any) string {
	encoded, err := json.Marshal(value)
	if err != nil {
		panic(err)
	}
	return string(encoded)
}

func text(value string) []uint32 {
	if value == "" {
		return []uint32{0, 0}
	}
	kept = append(kept, value)
	return []uint32{address(unsafe.Pointer(unsafe.StringData(value))), uint32(len(value))}
}

func list[T any](items []T, lay func(T) []uint32) []uint32 {
	var all []uint32
	for _, item := range items {
		all = append(all, lay(item)...)
	}
	if all == nil {
		return []uint32{0, 0}
	}
	return []uint32{words(all), uint32(len(items))}
}

func words(parts ...[]uint32) uint32 {
	all := join(parts...)
	kept = append(kept, all)
	return address(unsafe.Pointer(unsafe.SliceData(all)))
}

func join(parts ...[]uint32) []uint32 {
	var all []uint32
	for _, part := range parts {
		all = append(all, part...)
	}
	return all
}

func address(at unsafe.Pointer) uint32 { return uint32(uintptr(at)) }

func memory(at, length uint32) []byte {
	return unsafe.Slice((*byte)(unsafe.Add(nil, at)), length)
}
