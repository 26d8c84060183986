var o,R=F.open,L=n=>{try{return localStorage.getItem(n)||''}catch(e){return ''}};
function open(){
if(o||d.querySelector('dialog[open]'))return;o=1;
var s=d.createElement('style'),g=d.createElement('dialog');s.textContent=F.css;g.className='bk';g.setAttribute('aria-labelledby',k);
g.innerHTML=F.html;g.onclick=e=>{(e.target==g||e.target.className=='x')&&g.close()};g.onclose=()=>g.remove();
d.head.append(s);d.body.append(g);live(g.querySelector('form'));keep(Date.now());
g.showModal();g.querySelector('input').focus()
}
function start(){
var h=L(k);
if(h=='done'||/"email"/.test(L('ajs_user_traits'))||h&&!(Date.now()-h>R.again_after_days*864e5))return;
R.delay!=null&&setTimeout(open,R.delay*1e3);
var e=d.documentElement;
R.scroll&&addEventListener('scroll',()=>{scrollY>=(e.scrollHeight-innerHeight)*R.scroll/100&&open()},{passive:true});
R.exit&&matchMedia('(hover:hover)').matches&&e.addEventListener('mouseleave',m=>{m.clientY<1&&open()})
}
