package twitch

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// sealVersion begins a sealed file, so that another way of sealing can be told
// apart. What follows is the nonce and AES-256-GCM's output.
const sealVersion = 1

const (
	keyFile   = "twitch.key"
	tokenFile = "twitch-token"
)

// vault keeps the token in a file that is useless without the key beside it,
// which only the owner may read: a copy of the data or a backup of the database
// does not carry the channel away.
type vault struct{ dir string }

// load reads the token; fs.ErrNotExist means that there is none.
func (v vault) load(into any) error {
	sealed, err := os.ReadFile(filepath.Join(v.dir, tokenFile))
	if err != nil {
		return err
	}
	gcm, err := v.cipher(false)
	if err != nil {
		return err
	}
	if len(sealed) < 1+gcm.NonceSize() || sealed[0] != sealVersion {
		return errors.New("read the token: the file is damaged")
	}
	nonce, box := sealed[1:1+gcm.NonceSize()], sealed[1+gcm.NonceSize():]
	plain, err := gcm.Open(nil, nonce, box, sealed[:1])
	if err != nil {
		return errors.New("read the token: it was sealed with another key, or is damaged")
	}
	if err := json.Unmarshal(plain, into); err != nil {
		return errors.New("read the token: the file is damaged")
	}
	return nil
}

// save seals the token. If anything of that fails nothing is stored.
func (v vault) save(token any) error {
	gcm, err := v.cipher(true)
	if err != nil {
		return err
	}
	plain, err := json.Marshal(token)
	if err != nil {
		return fmt.Errorf("seal the token: %w", err)
	}
	sealed := make([]byte, 1+gcm.NonceSize(), 1+gcm.NonceSize()+len(plain)+gcm.Overhead())
	sealed[0] = sealVersion
	rand.Read(sealed[1:])
	sealed = gcm.Seal(sealed, sealed[1:], plain, sealed[:1])
	return writeFile(filepath.Join(v.dir, tokenFile), sealed, true)
}

// forget removes the token.
func (v vault) forget() error {
	err := os.Remove(filepath.Join(v.dir, tokenFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

func (v vault) cipher(create bool) (cipher.AEAD, error) {
	path := filepath.Join(v.dir, keyFile)
	key, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) && create {
		key = make([]byte, 32)
		rand.Read(key)
		if err = writeFile(path, key, true); err == nil {
			err = ownerOnly(path)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("the token's key: %w", err)
	}
	if len(key) != 32 {
		return nil, fmt.Errorf("the token's key: %s has %d bytes, want 32", path, len(key))
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("the token's key: %w", err)
	}
	return cipher.NewGCM(block)
}

// writeFile writes a file that only the owner may read, whole or not at all. A
// durable one is on the disk, whatever happens to the PC, when it returns.
func writeFile(path string, data []byte, durable bool) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*.tmp") // has mode 0600
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if durable {
		err = errors.Join(err, f.Sync())
	}
	err = errors.Join(err, f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		os.Remove(f.Name())
	}
	return err
}
