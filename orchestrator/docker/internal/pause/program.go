package pause

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"fmt"
	"slices"
)

// What Linux calls things, on every architecture here.
const (
	sigINT, sigTERM, sigCHLD = 2, 15, 17

	sigBlock    = 0 // for rt_sigprocmask
	sigIgnore   = 1 // as a handler
	sigsetSize  = 8 // bytes of a set of signals
	base        = 0x400000
	actionSize  = 32 // bytes of the kernel's struct sigaction: handler, flags, restorer, mask
	segmentSize = 0x10000
)

// architecture is what differs from one kind of processor to another.
type architecture struct {
	machine elf.Machine
	// The numbers of the system calls.
	sigaction, sigprocmask, sigtimedwait, exitGroup uint32
	// call makes a system call with up to four arguments; the others are 0.
	call func(number uint32, arguments ...uint32) []byte
	// again goes back over that many bytes, itself not counted, if the last call failed.
	again func(back int) []byte
}

// architectures are those that there is a program for, by Go's names.
func architectures() map[string]architecture {
	return map[string]architecture{
		"amd64": {
			machine: elf.EM_X86_64, sigaction: 13, sigprocmask: 14, sigtimedwait: 128, exitGroup: 231,
			call: callAMD64, again: againAMD64,
		},
		"arm64": {
			machine: elf.EM_AARCH64, sigaction: 134, sigprocmask: 135, sigtimedwait: 137, exitGroup: 94,
			call: callARM64, again: againARM64,
		},
	}
}

// Program returns the bytes of the program for an architecture by Go's name for
// it: amd64 or arm64.
func Program(arch string) ([]byte, error) {
	a, ok := architectures()[arch]
	if !ok {
		return nil, fmt.Errorf("make pause program: there is none for architecture %q, only for amd64 and arm64", arch)
	}
	header := binary.Size(elf.Header64{}) + 2*binary.Size(elf.Prog64{})
	length := len(a.code(0, 0))
	data := uint32(base + header + length)
	return slices.Concat(a.header(header, length), a.code(data, data+actionSize), a.data()), nil
}

// code returns the instructions, given where the data is: they are as many
// bytes whatever the addresses are.
func (a architecture) code(action, signals uint32) []byte {
	wait := a.call(a.sigtimedwait, signals, 0, 0, sigsetSize)
	return slices.Concat(
		a.call(a.sigaction, sigCHLD, action, 0, sigsetSize),
		a.call(a.sigprocmask, sigBlock, signals, 0, sigsetSize),
		wait, a.again(len(wait)),
		a.call(a.exitGroup, 0),
	)
}

// data returns the action for SIGCHLD and the set of the signals that end the program.
func (a architecture) data() []byte {
	data := make([]byte, actionSize+sigsetSize)
	data[0] = sigIgnore
	binary.LittleEndian.PutUint64(data[actionSize:], 1<<(sigINT-1)|1<<(sigTERM-1))
	return data
}

// header returns an ELF header, and the headers of the one segment and of a
// stack that can't be executed.
func (a architecture) header(size, code int) []byte {
	file := uint64(size + code + actionSize + sigsetSize)
	h := elf.Header64{
		Type: uint16(elf.ET_EXEC), Machine: uint16(a.machine), Version: uint32(elf.EV_CURRENT),
		Entry: uint64(base + size),
		Phoff: uint64(binary.Size(elf.Header64{})), Phentsize: uint16(binary.Size(elf.Prog64{})), Phnum: 2,
		Ehsize: uint16(binary.Size(elf.Header64{})),
	}
	copy(h.Ident[:], elf.ELFMAG)
	h.Ident[elf.EI_CLASS] = byte(elf.ELFCLASS64)
	h.Ident[elf.EI_DATA] = byte(elf.ELFDATA2LSB)
	h.Ident[elf.EI_VERSION] = byte(elf.EV_CURRENT)
	segments := []elf.Prog64{
		{
			Type: uint32(elf.PT_LOAD), Flags: uint32(elf.PF_R | elf.PF_X),
			Vaddr: base, Paddr: base, Filesz: file, Memsz: file, Align: segmentSize,
		},
		{Type: uint32(elf.PT_GNU_STACK), Flags: uint32(elf.PF_R | elf.PF_W), Align: 16},
	}
	var b bytes.Buffer // writing to it does not fail
	binary.Write(&b, binary.LittleEndian, h)
	binary.Write(&b, binary.LittleEndian, segments)
	return b.Bytes()
}

// callAMD64 makes a system call: its number in eax, arguments in edi, esi, edx
// and r10d, which the kernel leaves as they are.
func callAMD64(number uint32, arguments ...uint32) []byte {
	load := func(opcode []byte, value uint32) []byte { // mov register, value
		return binary.LittleEndian.AppendUint32(opcode, value)
	}
	code := load([]byte{0xb8}, number)
	for i, register := range [][]byte{{0xbf}, {0xbe}, {0xba}, {0x41, 0xba}} {
		if i < len(arguments) {
			code = append(code, load(register, arguments[i])...)
		}
	}
	return append(code, 0x0f, 0x05) // syscall
}

// againAMD64 is: test eax, eax; js back.
func againAMD64(back int) []byte {
	return []byte{0x85, 0xc0, 0x78, byte(int8(-(back + 4)))}
}

// callARM64 makes a system call: its number in x8, arguments in x0 to x3.
func callARM64(number uint32, arguments ...uint32) []byte {
	var code []byte
	load := func(register, value uint32) {
		code = binary.LittleEndian.AppendUint32(code, 0xd2800000|value&0xffff<<5|register) // movz
		code = binary.LittleEndian.AppendUint32(code, 0xf2a00000|value>>16<<5|register)    // movk, 16 to the left
	}
	for i, value := range arguments {
		load(uint32(i), value)
	}
	load(8, number)
	return binary.LittleEndian.AppendUint32(code, 0xd4000001) // svc 0
}

// againARM64 is: tbnz x0, 63, back.
func againARM64(back int) []byte {
	words := uint32(-back / 4)
	return binary.LittleEndian.AppendUint32(nil, 0xb7f80000|words&0x3fff<<5)
}
