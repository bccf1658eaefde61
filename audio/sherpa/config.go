package sherpa

//lint:file-ignore U1000 The structs have the layout of C ones, used or not.

import "unsafe"

// The layouts of c-api.h of sherpa-onnx v1.12.0, for 64-bit systems. Pointers are
// to C strings, nil for none.

type cString = *byte

type featureConfig struct {
	sampleRate, featureDim int32
}

type transducerConfig struct{ encoder, decoder, joiner cString }

type whisperConfig struct {
	encoder, decoder, language, task cString
	tailPaddings                     int32
	_                                int32
}

type senseVoiceConfig struct {
	model, language cString
	useITN          int32
	_               int32
}

type moonshineConfig struct{ preprocessor, encoder, uncachedDecoder, cachedDecoder cString }

type fireRedConfig struct{ encoder, decoder cString }

type modelConfig struct {
	transducer    transducerConfig
	paraformer    cString
	nemoCTC       cString
	whisper       whisperConfig
	tdnn          cString
	tokens        cString
	numThreads    int32
	debug         int32
	provider      cString
	modelType     cString
	modelingUnit  cString
	bpeVocab      cString
	telespeechCTC cString
	senseVoice    senseVoiceConfig
	moonshine     moonshineConfig
	fireRed       fireRedConfig
	dolphin       cString
}

type lmConfig struct {
	model cString
	scale float32
	_     int32
}

type recognizerConfig struct {
	features       featureConfig
	model          modelConfig
	lm             lmConfig
	decodingMethod cString
	maxActivePaths int32
	_              int32
	hotwordsFile   cString
	hotwordsScore  float32
	_              int32
	ruleFSTs       cString
	ruleFARs       cString
	blankPenalty   float32
	_              int32
	homophones     [3]cString
}

type result struct {
	text       cString
	timestamps *float32
	count      int32
	_          int32
	tokens     cString
	tokensArr  *cString
	json       cString
	lang       cString
	emotion    cString
	event      cString
}

// goString copies a C string.
func goString(p cString) string {
	if p == nil {
		return ""
	}
	n := 0
	for *(*byte)(unsafe.Add(unsafe.Pointer(p), n)) != 0 {
		n++
	}
	return string(unsafe.Slice(p, n))
}
